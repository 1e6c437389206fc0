// Documents of a server as trees.
#include "tools/granary/json_value.hpp"

#include <doctest/doctest.h>

using namespace granary;
using namespace granary::cli;

TEST_CASE("a document keeps its order, its numbers and its characters") {
    const std::string text = R"({"b":[1,-2,18446744073709551615,true,null],"a":{"x":"é\"\n"},"c":""})";
    const auto value = parse_json(text);
    REQUIRE(value);
    CHECK(value->json() == text);
    CHECK(value->find("b")->items[2].cell() == "18446744073709551615");
    CHECK(value->find("b")->items[4].cell().empty());
    CHECK(value->find("a")->cell() == R"({"x":"é\"\n"})");
    CHECK(value->find("a")->string_at("x") == "é\"\n");
    CHECK(value->find("d") == nullptr);
    CHECK(value->string_at("b").empty());
    CHECK(value->find("b")->find("x") == nullptr);
}

TEST_CASE("what is not one JSON document is refused") {
    for (const char* text : {"", "{", "{} {}", "<html>", "{\"a\":\"\xff\"}", "[1,]"}) {
        CAPTURE(text);
        CHECK(parse_json(text).error().code == FaultCode::corrupt);
    }
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(parse_json(nested(reply_json_depth_max)));
    CHECK_FALSE(parse_json(nested(reply_json_depth_max + 1)));
}
