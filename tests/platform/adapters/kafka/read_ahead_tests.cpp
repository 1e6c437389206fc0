// What a fetch brought beyond its page: whoever comes for it gets it, and it has a bound.
#include "platform/adapters/kafka/read_ahead.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/limits.hpp"

namespace granary::kafka {
namespace {

constexpr Partition here{3};

std::vector<ports::LogRecord> records(std::int64_t from, std::int64_t until, std::size_t bytes = 100) {
    std::vector<ports::LogRecord> made;
    for (std::int64_t i = from; i < until; ++i) made.push_back({{i}, SharedBytes(std::string(bytes, static_cast<char>('a' + i % 26)))});
    return made;
}

std::vector<std::int64_t> offsets(const std::vector<ports::LogRecord>& page) {
    std::vector<std::int64_t> found;
    for (const auto& record : page) {
        found.push_back(record.offset.number);
        CHECK(record.bytes.view().front() == static_cast<char>('a' + record.offset.number % 26));
    }
    return found;
}

using Offsets = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("read ahead: pages follow one another to the end of a stretch, and then it is gone") {
    ReadAhead ahead;
    ahead.keep(here, records(10, 15));
    CHECK(offsets(ahead.page(here, {10}, 200)) == Offsets{10, 11});
    CHECK(offsets(ahead.page(here, {12}, 1)) == Offsets{12});
    CHECK(offsets(ahead.page(here, {13}, 100000)) == Offsets{13, 14});
    CHECK(ahead.page(here, {10}, 200).empty());
}

TEST_CASE("read ahead: nothing is given for what is not at hand: in front, behind, or of another partition") {
    ReadAhead ahead;
    CHECK(ahead.page(here, {0}, 200).empty());
    ahead.keep(here, {});
    ahead.keep(here, records(10, 15));
    CHECK(ahead.page(here, {9}, 200).empty());
    CHECK(ahead.page(here, {15}, 200).empty());
    CHECK(ahead.page({here.number + 1}, {12}, 200).empty());
    CHECK(offsets(ahead.page(here, {14}, 200)) == Offsets{14});
}

TEST_CASE("read ahead: two who read at different places of a partition don't disturb each other") {
    ReadAhead ahead;
    ahead.keep(here, records(10, 20));
    ahead.keep(here, records(50, 60));
    CHECK(offsets(ahead.page(here, {10}, 1)) == Offsets{10});
    CHECK(offsets(ahead.page(here, {50}, 1)) == Offsets{50});
    CHECK(offsets(ahead.page(here, {11}, 1)) == Offsets{11});
    CHECK(offsets(ahead.page(here, {51}, 1)) == Offsets{51});
}

TEST_CASE("read ahead: beyond the bound goes what was used longest ago") {
    ReadAhead ahead(std::size_t{10} * 1000);
    for (const std::uint32_t partition : {0U, 1U, 2U}) ahead.keep({partition}, records(0, 2, 1500));
    CHECK(offsets(ahead.page({0}, {0}, 1)) == Offsets{0});
    ahead.keep({3}, records(0, 2, 1500));
    CHECK(offsets(ahead.page({0}, {0}, 1)) == Offsets{0});
    CHECK(ahead.page({1}, {0}, 1).empty());
    CHECK(offsets(ahead.page({2}, {0}, 1)) == Offsets{0});
    ahead.keep({4}, records(0, 2, 20000));
    for (const std::uint32_t partition : {0U, 1U, 2U, 3U, 4U}) CHECK(ahead.page({partition}, {0}, 1).empty());
}

TEST_CASE("read ahead: a page has no more records than any page of the log") {
    const auto stretch = records(0, static_cast<std::int64_t>(limits::log_read_records_max) + 10, 1);
    CHECK(page_of(stretch, 0, limits::log_read_bytes_max).size() == limits::log_read_records_max);
    CHECK(page_of(stretch, limits::log_read_records_max, limits::log_read_bytes_max).size() == 10);
    CHECK(page_of(stretch, 5, 0).size() == 1);
}

}  // namespace granary::kafka
