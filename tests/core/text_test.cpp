// JSON text, card numbers, and the stable names of refusals and faults.
#include <doctest/doctest.h>

#include <limits>
#include <set>

#include "core/card_number.hpp"
#include "core/json_writer.hpp"
#include "core/reason_code.hpp"
#include "core/refusal.hpp"
#include "core/result.hpp"

using namespace granary;

TEST_CASE("the writer places commas and nests") {
    JsonWriter json;
    json.begin_object().member("a", std::int64_t{1}).key("b").begin_array().integer(-2).null().begin_object().end_object().string("x").end_array();
    json.member("c", true).key("d").raw("{\"e\":0}").member("f", "g").end_object();
    CHECK(json.take() == R"({"a":1,"b":[-2,null,{},"x"],"c":true,"d":{"e":0},"f":"g"})");
}

TEST_CASE("quotes, backslashes and control characters are escaped; UTF-8 passes") {
    JsonWriter json;
    json.string(std::string("\"\\\n\r\t\b\f\0\x1f\x7f \xC3\xA9", 13));
    CHECK(json.take() == "\"\\\"\\\\\\n\\r\\t\\u0008\\u000c\\u0000\\u001f\x7f \xC3\xA9\"");
    JsonWriter key;
    key.begin_object().member("a\"b", false).end_object();
    CHECK(key.take() == R"({"a\"b":false})");
}

TEST_CASE("integers are written to their limits, and a taken writer is empty") {
    JsonWriter json;
    json.begin_array().integer(std::numeric_limits<std::int64_t>::min()).integer(std::numeric_limits<std::int64_t>::max()).end_array();
    CHECK(json.take() == "[-9223372036854775808,9223372036854775807]");
    CHECK(json.size() == 0);
}

TEST_CASE("card numbers are recognised with and without separators, inside other text too") {
    for (const char* card : {"4242424242424242", "4111 1111 1111 1111", "3782-822463-10005", "6304000000000000000", "4222222222222", "card: 5555555555554444!", "tok_4242424242424242"}) {
        CAPTURE(std::string(card));
        CHECK(contains_card_number(card));
    }
}

TEST_CASE("tokens, ids and numbers that fail the check are no card numbers") {
    for (const char* other : {"", "tok_visa", "4242424242424241", "424242424242", "42424242424242424242", "a4242424242424242", "4242424242424242b", "pm_1Nxyz", "0192837465aabbcc8899aabbccddeeff",
                              "4242--4242--4242--4242"}) {
        CAPTURE(std::string(other));
        CHECK_FALSE(contains_card_number(other));
    }
}

TEST_CASE("refusals and faults have names of their own") {
    std::set<std::string_view> refusals, faults;
    for (int code = 0; code <= 15; ++code) CHECK(refusals.insert(name_of(static_cast<RefusalCode>(code))).second);
    CHECK_FALSE(refusals.contains("unknown"));
    CHECK(name_of(static_cast<RefusalCode>(999)) == "unknown");
    for (int code = 0; code <= static_cast<int>(FaultCode::unsupported); ++code) CHECK(faults.insert(name_of(static_cast<FaultCode>(code))).second);
    CHECK_FALSE(faults.contains("unknown"));
}

TEST_CASE("only passing conditions are worth another try") {
    for (const auto code : {FaultCode::unavailable, FaultCode::timed_out, FaultCode::disk_full}) CHECK(Fault{code, ""}.retryable());
    for (const auto code : {FaultCode::invalid_argument, FaultCode::not_found, FaultCode::corrupt, FaultCode::halted, FaultCode::io_error, FaultCode::conflict, FaultCode::unsupported}) {
        CHECK_FALSE(Fault{code, ""}.retryable());
    }
}

TEST_CASE("a code of another system is told from free text") {
    for (const char* code : {"card_declined", "a", "insufficient.funds-2", "x9"}) CHECK(is_reason_code(code));
    for (const char* text : {"", "Card", "9x", "card declined", "declin\xC3\xA9", "a,b", "_a"}) CHECK_FALSE(is_reason_code(text));
    CHECK(is_reason_code(std::string(reason_code_bytes_max, 'a')));
    CHECK_FALSE(is_reason_code(std::string(reason_code_bytes_max + 1, 'a')));
}
