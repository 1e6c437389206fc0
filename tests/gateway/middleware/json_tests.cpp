// JSON bodies: what is refused, where, and what a body's readers note.
#include <doctest/doctest.h>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/json_document.hpp"

using namespace granary;
using namespace granary::gateway;

TEST_CASE("well-formed JSON is taken apart with its pointers") {
    const auto document = JsonDocument::parse(R"( {"a":[1,{"b/c~d":"x\u00e9"}],"n":-9223372036854775808,"t":true,"z":null} )");
    REQUIRE(document);
    const auto root = document->root();
    const auto deep = root.member("a").first().next().member("b/c~d");
    CHECK(deep.text() == "x\u00e9");
    CHECK(deep.pointer() == "/a/1/b~1c~0d");
    CHECK(root.member("n").integer() == INT64_MIN);
    CHECK(root.member("t").boolean());
    CHECK(root.member("z").kind() == JsonKind::null);
    CHECK_FALSE(root.member("missing"));
}

TEST_CASE("one value has one canonical form") {
    const auto one = JsonDocument::parse(R"({"b":1,"a":[true,"\u0041"]})"), other = JsonDocument::parse(R"({ "a" : [ true , "A" ] , "b" : 1 })");
    REQUIRE((one && other));
    CHECK(one->canonical() == R"({"a":[true,"A"],"b":1})");
    CHECK(one->canonical() == other->canonical());
    CHECK(JsonDocument::parse("[1.50,1e3]")->canonical() == "[1.50,1e3]");
}

TEST_CASE("bodies that are no JSON, or beyond a limit, are refused") {
    std::string deep(limits::json_depth_max + 1, '[');
    deep.append(limits::json_depth_max + 1, ']');
    std::string wide = "[0";
    for (std::size_t i = 0; i < limits::json_nodes_max; ++i) wide += ",0";
    wide += "]";
    std::string many = "{\"m\":0";
    for (std::size_t i = 0; i < limits::json_members_max; ++i) many += ",\"m" + std::to_string(i) + "\":0";
    many += "}";
    for (const std::string& text : {std::string(), std::string("{"), std::string("{}x"), std::string("{\"a\":NaN}"), std::string("{\"a\":Infinity}"), std::string("{'a':1}"),
                                    std::string("{\"a\":\"\xff\"}"), std::string("{\"a\":\"\xed\xa0\x80\"}"), std::string("{/**/}"), std::string("[1,]"), std::string("\"\\ud800\""), deep, wide, many}) {
        const auto document = JsonDocument::parse(text);
        CAPTURE(text.substr(0, 40));
        REQUIRE_FALSE(document);
        CHECK_FALSE(document.error().duplicate);
        CHECK_FALSE(document.error().detail.empty());
    }
    CHECK(JsonDocument::parse(deep.substr(1, deep.size() - 2)));
}

TEST_CASE("a name that occurs twice is found and located") {
    const auto document = JsonDocument::parse(R"({"lines":[{"sku":"A"},{"sku":"B","quantity":1,"sku":"C"}]})");
    REQUIRE_FALSE(document);
    CHECK(document.error().duplicate);
    CHECK(document.error().pointer == "/lines/1/sku");
    CHECK_FALSE(JsonDocument::parse(R"({"a":1,"\u0061":2})"));
}

namespace {

// Reads one field with `read` and answers `status pointer`, or `fine`.
template <class Read>
std::string outcome(const std::string& body, Read read) {
    const auto document = JsonDocument::parse(body);
    REQUIRE(document);
    BodyErrors errors;
    ObjectReader reader(document->root(), errors);
    read(reader);
    reader.done();
    if (errors.empty()) return "fine";
    const auto problem = std::move(errors).problem();
    std::string text = std::to_string(info_of(problem.code).status);
    for (const auto& error : problem.errors) text += " " + error.pointer;
    return text;
}

}  // namespace

TEST_CASE("integers are neither fractions nor out of range") {
    const auto read = [](ObjectReader& reader) { reader.integer("n", required, {1, 10}); };
    CHECK(outcome(R"({"n":1})", read) == "fine");
    CHECK(outcome(R"({"n":10})", read) == "fine");
    CHECK(outcome(R"({"n":0})", read) == "422 /n");
    CHECK(outcome(R"({"n":-1})", read) == "422 /n");
    CHECK(outcome(R"({"n":11})", read) == "422 /n");
    for (const char* text : {"1.0", "1e0", "\"1\"", "true", "null", "[1]", "18446744073709551616", "9223372036854775808"}) CHECK(outcome(std::string(R"({"n":)") + text + "}", read) == "400 /n");
    CHECK(outcome("{}", read) == "400 /n");
    CHECK(outcome(R"({"n":1,"extra":2})", read) == "400 /extra");
    CHECK(outcome("[]", read) == "400 ");
}

TEST_CASE("money is whole minor units of a known currency, prices are decimal strings") {
    const auto money = [](ObjectReader& reader) { reader.money("m", required, {1, 1000}); };
    CHECK(outcome(R"({"m":{"amount":5,"currency":"GBP"}})", money) == "fine");
    CHECK(outcome(R"({"m":{"amount":5.0,"currency":"GBP"}})", money) == "400 /m/amount");
    CHECK(outcome(R"({"m":{"amount":"5","currency":"GBP"}})", money) == "400 /m/amount");
    CHECK(outcome(R"({"m":{"amount":0,"currency":"GBP"}})", money) == "422 /m/amount");
    CHECK(outcome(R"({"m":{"amount":5,"currency":"XQQ"}})", money) == "422 /m/currency");
    CHECK(outcome(R"({"m":{"amount":5}})", money) == "400 /m/currency");
    CHECK(outcome(R"({"m":5})", money) == "400 /m");
    const auto price = [](ObjectReader& reader) { reader.price("p", required); };
    CHECK(outcome(R"({"p":{"amount":"2.5500","currency":"GBP"}})", price) == "fine");
    CHECK(outcome(R"({"p":{"amount":255,"currency":"GBP"}})", price) == "fine");
    CHECK(outcome(R"({"p":{"amount":2.55,"currency":"GBP"}})", price) == "400 /p/amount");
    CHECK(outcome(R"({"p":{"amount":"2.55555","currency":"GBP"}})", price) == "400 /p/amount");
    CHECK(outcome(R"({"p":{"amount":"-1","currency":"GBP"}})", price) == "422 /p/amount");
}

TEST_CASE("all errors of a body are collected, the wrong shape decides the status") {
    const auto read = [](ObjectReader& reader) {
        reader.sku("sku", required);
        reader.integer("quantity", required, {1, 10});
        reader.country("country", required);
    };
    CHECK(outcome(R"({"sku":" x","quantity":0,"country":"gb","more":1})", read) == "400 /sku /quantity /country /more");
    CHECK(outcome(R"({"sku":"x","quantity":0,"country":"GB"})", read) == "422 /quantity");
    const auto document = JsonDocument::parse(R"({"a":1})");
    BodyErrors errors;
    for (std::size_t i = 0; i < limits::body_errors_max + 5; ++i) errors.malformed("/a", "x");
    CHECK(std::move(errors).problem().errors.size() == limits::body_errors_max);
}
