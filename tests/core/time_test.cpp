// Times have one text form and refuse every other.
#include "core/time.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace granary;

TEST_CASE("a time's text is RFC 3339 in UTC, its zero fraction cut off") {
    CHECK(rfc3339_of({0}) == "1970-01-01T00:00:00Z");
    CHECK(rfc3339_of({1'291'191'960'000'000}) == "2010-12-01T08:26:00Z");
    CHECK(rfc3339_of({1'291'191'960'000'250}) == "2010-12-01T08:26:00.000250Z");
    CHECK(rfc3339_of({-1}) == "1969-12-31T23:59:59.999999Z");
    CHECK(date_of({1'291'191'960'000'000}) == "2010-12-01");
}

TEST_CASE("offsets are taken into account, small letters too, and digits beyond microseconds cut off") {
    CHECK(parse_rfc3339("2010-12-01T08:26:00Z") == Time{1'291'191'960'000'000});
    CHECK(parse_rfc3339("2010-12-01T09:26:00+01:00") == Time{1'291'191'960'000'000});
    CHECK(parse_rfc3339("2010-11-30T23:56:00-08:30") == Time{1'291'191'960'000'000});
    CHECK(parse_rfc3339("2010-12-01t08:26:00z") == Time{1'291'191'960'000'000});
    CHECK(parse_rfc3339("2010-12-01T08:26:00.0002509Z") == Time{1'291'191'960'000'250});
    CHECK(parse_rfc3339("2010-12-01T08:26:00.5Z") == Time{1'291'191'960'500'000});
    CHECK(parse_rfc3339("2012-02-29T00:00:00Z").has_value());
    CHECK(parse_rfc3339("9999-12-31T23:59:59Z").has_value());
}

TEST_CASE("everything else is refused") {
    for (const char* wrong : {"", "2010-12-01", "2010-12-01T08:26Z", "2010-12-01T08:26:00", "2010-12-01 08:26:00Z", "2010-13-01T08:26:00Z", "2010-02-29T08:26:00Z",
                              "2010-12-01T24:00:00Z", "2010-12-01T08:60:00Z", "2010-12-01T08:26:60Z", "2010-12-01T08:26:00.Z", "2010-12-01T08:26:00+1:00",
                              "2010-12-01T08:26:00+24:00", "2010-12-01T08:26:00Zx", "1969-12-31T23:59:59Z", "20101201T082600Z", "+010-12-01T08:26:00Z",
                              "2010-12-01T08:26:00,5Z", "1970-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"}) {
        CAPTURE(std::string(wrong));
        CHECK_FALSE(parse_rfc3339(wrong));
    }
}

TEST_CASE("text and back is the same microsecond") {
    const bool held = rc::check("time round trips", [] {
        const Time time{*rc::gen::inRange<std::int64_t>(0, 253'402'300'800'000'000)};
        RC_ASSERT(parse_rfc3339(rfc3339_of(time)) == time);
    });
    CHECK(held);
}
