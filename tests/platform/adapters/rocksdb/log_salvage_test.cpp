// Records of a damaged block: how many of the first are as they were written.
#include "platform/adapters/rocksdb/log_salvage.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/chain.hpp"

namespace granary::rocks {
namespace {

constexpr std::size_t count = 6;
constexpr std::size_t hurt = 3;

// A chain of records, with the one in the middle and those behind it as `change` leaves them.
std::size_t prefix_after(const std::function<void(std::vector<std::string>&)>& change) {
    std::vector<std::string> written;
    Digest prev = chain::genesis({1, 2}, {0});
    for (std::size_t i = 0; i < count; ++i) {
        written.push_back(chain::make_record(prev, "what happened, number " + std::to_string(i)));
        prev = sha256(written.back());
    }
    change(written);
    std::vector<ports::LogRecord> records;
    for (std::size_t i = 0; i < count; ++i) records.push_back({{static_cast<std::int64_t>(i)}, SharedBytes(written[i])});
    return sound_prefix(records);
}

std::size_t prefix_without_bit(std::size_t byte) {
    return prefix_after([&](auto& records) { records[hurt][byte] = static_cast<char>(records[hurt][byte] ^ 0x20); });
}

}  // namespace

TEST_CASE("salvage: whoever nobody extends is not vouched for") {
    CHECK(prefix_after([](auto&) {}) == count - 1);
}

TEST_CASE("salvage: a changed byte is found in its record, be it in the header, the hash or the body") {
    const auto bytes = chain::header_bytes + std::string("what happened, number 3").size();
    for (std::size_t byte = 0; byte < bytes; ++byte) {
        CAPTURE(byte);
        CHECK(prefix_without_bit(byte) == hurt);
    }
}

TEST_CASE("salvage: a record that was cut is found") {
    CHECK(prefix_after([](auto& records) { records[hurt].pop_back(); }) == hurt);
    // Without its hash it can't speak for the one in front any more.
    CHECK(prefix_after([](auto& records) { records[hurt].resize(chain::header_bytes - 1); }) == hurt - 1);
}

TEST_CASE("salvage: a record is not sound because the next one is damaged, too") {
    // As one byte of a compressed block does it: it says from where the end of one record and the beginning of the next are copied.
    CHECK(prefix_after([](auto& records) {
              records[hurt].back() = 'x';
              records[hurt + 1].front() = 'x';
          }) == hurt);
}

}  // namespace granary::rocks
