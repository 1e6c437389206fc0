// Points in time as the log stores them: microseconds since 1970-01-01T00:00:00Z. Nothing here reads a clock.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace granary {

struct Time {
    std::int64_t unix_us = 0;

    auto operator<=>(const Time&) const = default;
};

struct Duration {
    std::int64_t us = 0;

    auto operator<=>(const Duration&) const = default;
};

constexpr Duration milliseconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration minutes(std::int64_t n) { return seconds(n * 60); }
constexpr Duration hours(std::int64_t n) { return minutes(n * 60); }
constexpr Time operator+(Time t, Duration d) { return {t.unix_us + d.us}; }
constexpr Time operator-(Time t, Duration d) { return {t.unix_us - d.us}; }
constexpr Duration operator-(Time a, Time b) { return {a.unix_us - b.unix_us}; }
constexpr Duration operator*(Duration d, std::int64_t n) { return {d.us * n}; }
constexpr Duration operator+(Duration a, Duration b) { return {a.us + b.us}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.us - b.us}; }

// RFC 3339 in UTC with microseconds cut off where they are zero: `2010-12-01T08:26:00Z`, `...00.000250Z`.
std::string rfc3339_of(Time time);
// The date part alone: `2010-12-01`.
std::string date_of(Time time);
// Accepts RFC 3339 with `Z` or an offset, and nothing else (no bare dates). Years 1970 to 9999.
std::optional<Time> parse_rfc3339(std::string_view text);

}  // namespace granary
