// Records of a damaged block: which of them are as they were written, and where.
#include "platform/adapters/rocksdb/log_salvage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "core/chain.hpp"

namespace granary::rocks {
namespace {

constexpr std::int64_t count = 40;
constexpr std::size_t reach = 8;  // instead of a thousand
const Digest genesis = chain::genesis({1, 2}, {0});

struct Stored {
    std::int64_t offset;
    std::string bytes;
};
using Change = std::function<void(std::vector<Stored>&)>;
using Offsets = std::vector<std::int64_t>;

// The offsets of those that are not sound, of a chain of records as `change` leaves them, read from `from` up to `upto`.
Offsets unsound(const Change& change, std::int64_t from = 0, std::int64_t upto = count, std::int64_t end = count) {
    std::vector<Stored> stored;
    Digest prev = genesis;
    for (std::int64_t i = 0; i < count; ++i) {
        stored.push_back({i, chain::make_record(prev, "what happened, number " + std::to_string(i))});
        prev = sha256(stored.back().bytes);
    }
    change(stored);
    std::vector<DoubtfulRecord> read;
    for (const auto& one : stored) {
        if (one.offset >= from && one.offset < upto) read.push_back(look_at({one.offset}, one.bytes));
    }
    const auto sound = sound_ones(read, genesis, {end}, reach);
    Offsets found;
    for (std::size_t i = 0; i < read.size(); ++i) {
        if (!sound[i]) found.push_back(read[i].offset.number);
    }
    return found;
}

constexpr std::size_t hurt = 20;
constexpr std::int64_t last = count - 1;

void change_bit(std::vector<Stored>& stored, std::size_t byte) { stored[hurt].bytes[byte] = static_cast<char>(stored[hurt].bytes[byte] ^ 0x20); }

// What a changed bit in the first key of a block does to those behind it; they were written later than those whose places they take.
void move(std::vector<Stored>& stored, std::int64_t begin, std::int64_t size, std::int64_t to) {
    std::vector<Stored> moved(stored.begin() + begin, stored.begin() + begin + size);
    const auto lies_in = [size](const Stored& one, std::int64_t first) { return one.offset >= first && one.offset < first + size; };
    std::erase_if(stored, [&](const auto& one) { return lies_in(one, begin) || lies_in(one, to); });
    for (auto& one : moved) one.offset += to - begin;
    stored.insert(stored.end(), moved.begin(), moved.end());
    std::ranges::sort(stored, {}, &Stored::offset);
}

bool holds(const Offsets& offsets, std::int64_t begin, std::int64_t size) {
    for (std::int64_t i = begin; i < begin + size; ++i) {
        if (std::ranges::find(offsets, i) == offsets.end()) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("salvage: whoever nobody extends is not vouched for") {
    CHECK(unsound([](auto&) {}) == Offsets{last});
}

TEST_CASE("salvage: a changed byte is found in its record, be it in the header, the hash or the body") {
    const auto bytes = chain::header_bytes + std::string("what happened, number 20").size();
    for (std::size_t byte = 0; byte < bytes; ++byte) {
        CAPTURE(byte);
        CHECK(unsound([&](auto& stored) { change_bit(stored, byte); }) == Offsets{hurt, last});
    }
}

TEST_CASE("salvage: a record that was cut is found") {
    CHECK(unsound([](auto& stored) { stored[hurt].bytes.pop_back(); }) == Offsets{hurt, last});
    // Without its hash it can't speak for the one in front any more.
    CHECK(unsound([](auto& stored) { stored[hurt].bytes.resize(chain::header_bytes - 1); }) == Offsets{hurt - 1, hurt, last});
}

TEST_CASE("salvage: a record is not sound because the next one is damaged, too") {
    // As one byte of a compressed block does it: it says from where the end of one record and the beginning of the next are copied.
    CHECK(unsound([](auto& stored) {
              stored[hurt].bytes.back() = 'x';
              stored[hurt + 1].bytes.front() = 'x';
          }) == Offsets{hurt, hurt + 1, last});
}

TEST_CASE("salvage: records that fit each other and not their place are not sound, wherever they were moved") {
    constexpr std::int64_t size = 6;  // fewer than `reach`: one block
    for (const std::int64_t to : {0, 1, 7, 19, 25, 33}) {
        CAPTURE(to);
        const auto found = unsound([&](auto& stored) { move(stored, hurt, size, to); });
        CHECK(holds(found, to, size));
        CHECK(found.size() <= 2 * size + 3);
    }
    // By one, over the first of the next block: that one was written later, and stays.
    const auto found = unsound([&](auto& stored) {
        const auto next = stored[hurt + size];
        move(stored, hurt, size, hurt + 1);
        *std::ranges::find(stored, next.offset, &Stored::offset) = next;
    });
    CHECK(holds(found, hurt + 1, size - 1));
}

TEST_CASE("salvage: a place is vouched for by the log's beginning, by its end, or by enough records around it") {
    const Change none = [](auto&) {};
    CHECK(unsound(none, 0, 5) == Offsets{4});
    CHECK(unsound(none, 35, count) == Offsets{last});
    CHECK(unsound(none, 10, 18).size() == 8);
    CHECK(unsound(none, 10, 19) == Offsets{11, 12, 13, 14, 15, 16, 17, 18});
    CHECK(unsound(none, 10, 25) == Offsets{17, 24});
    // Another log's beginning is none.
    CHECK(unsound([](auto& stored) { stored[0].bytes = chain::make_record(sha256("another"), "what happened, number 0"); }, 0, 5).size() == 5);
}

TEST_CASE("salvage: a record that extends one of long ago, as a fenced writer's does, breaks no row while that one is in it") {
    CHECK(unsound([](auto& stored) {
              const std::string lost = chain::make_record(sha256(stored[hurt - 3].bytes), "too late");
              stored.insert(stored.begin() + hurt, {static_cast<std::int64_t>(hurt), lost});
              for (std::size_t i = hurt + 1; i < stored.size(); ++i) ++stored[i].offset;
          },
          0, count + 1, count + 1) == Offsets{hurt, count});
}

}  // namespace granary::rocks
