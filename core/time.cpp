// Calendar arithmetic on top of <chrono>, without locale, zone database or clock.
#include "core/time.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace granary {
namespace {

namespace chrono = std::chrono;

struct Fields {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return std::nullopt;
    int value = 0;
    for (char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::optional<Fields> parse_fields(std::string_view t) {
    if (t.size() < 20 || t[4] != '-' || t[7] != '-' || (t[10] != 'T' && t[10] != 't') || t[13] != ':' || t[16] != ':') return std::nullopt;
    const auto year = digits(t, 0, 4), month = digits(t, 5, 2), day = digits(t, 8, 2);
    const auto hour = digits(t, 11, 2), minute = digits(t, 14, 2), second = digits(t, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (*year < 1970 || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return Fields{*year, *month, *day, *hour, *minute, *second};
}

// Reads `.123456` at `at` and moves past it; more than six digits are cut off, not rounded.
std::optional<std::int64_t> parse_fraction(std::string_view t, std::size_t& at) {
    if (at >= t.size() || t[at] != '.') return 0;
    std::int64_t microseconds = 0;
    std::int64_t scale = 100'000;
    const std::size_t first = ++at;
    for (; at < t.size() && t[at] >= '0' && t[at] <= '9'; ++at) {
        microseconds += (t[at] - '0') * scale;
        scale /= 10;
    }
    if (at == first) return std::nullopt;
    return microseconds;
}

// `Z` or `+hh:mm` to the end of the text, in seconds east of UTC.
std::optional<std::int64_t> parse_zone(std::string_view zone) {
    if (zone == "Z" || zone == "z") return 0;
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
    const auto hour = digits(zone, 1, 2), minute = digits(zone, 4, 2);
    if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
    const std::int64_t offset = *hour * 3600 + *minute * 60;
    return zone[0] == '-' ? -offset : offset;
}

}  // namespace

std::string date_of(Time time) {
    const auto day = chrono::floor<chrono::days>(chrono::sys_time<chrono::microseconds>(chrono::microseconds(time.unix_us)));
    const chrono::year_month_day date(day);
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text;
}

std::string rfc3339_of(Time time) {
    const std::int64_t day_us = 86'400'000'000;
    std::int64_t rest = time.unix_us % day_us;
    if (rest < 0) rest += day_us;
    const std::int64_t second_of_day = rest / 1'000'000;
    const std::int64_t fraction = rest % 1'000'000;
    char text[32];
    std::snprintf(text, sizeof text, "T%02d:%02d:%02d", static_cast<int>(second_of_day / 3600), static_cast<int>(second_of_day / 60 % 60), static_cast<int>(second_of_day % 60));
    std::string result = date_of(time) + text;
    if (fraction != 0) {
        std::snprintf(text, sizeof text, ".%06d", static_cast<int>(fraction));
        result += text;
    }
    return result + "Z";
}

std::optional<Time> parse_rfc3339(std::string_view text) {
    const auto fields = parse_fields(text);
    if (!fields) return std::nullopt;
    std::size_t at = 19;
    const auto fraction = parse_fraction(text, at);
    if (!fraction) return std::nullopt;
    const auto zone = parse_zone(text.substr(at));
    if (!zone) return std::nullopt;
    const chrono::year_month_day date{chrono::year(fields->year), chrono::month(static_cast<unsigned>(fields->month)), chrono::day(static_cast<unsigned>(fields->day))};
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t second = days * 86'400 + fields->hour * 3600 + fields->minute * 60 + fields->second - *zone;
    constexpr std::int64_t year_10000 = 253'402'300'800;
    if (second < 0 || second >= year_10000) return std::nullopt;  // the offset may lead out of the years
    return Time{second * 1'000'000 + *fraction};
}

}  // namespace granary
