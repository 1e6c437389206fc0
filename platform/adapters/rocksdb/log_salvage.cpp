// A record is sound if a later one extends it, or the next one did before bits of its header were changed, and if it stands in a row
// of records that reaches out of the damaged block.
#include "platform/adapters/rocksdb/log_salvage.hpp"

#include <bit>
#include <cstring>
#include <map>
#include <set>

#include "core/chain.hpp"

namespace granary::rocks {
namespace {

// A `prev` this close to the hash in front of it was that hash before bits of it were changed.
constexpr int changed_bits_max = 16;
// Of the frozen header.
constexpr std::size_t prev_at = 8;

int distance(const Digest& a, const Digest& b) {
    int bits = 0;
    for (std::size_t i = 0; i < a.bytes.size(); ++i) bits += std::popcount(static_cast<unsigned char>(a.bytes[i] ^ b.bytes[i]));
    return bits;
}

// Whatever else the header says: a changed byte may have made it unreadable, and still the hash in it speaks for the record in front.
std::optional<Digest> prev_in(std::string_view record) {
    if (record.size() < chain::header_bytes) return std::nullopt;
    Digest prev;
    std::memcpy(prev.bytes.data(), record.data() + prev_at, prev.bytes.size());
    return prev;
}

std::vector<bool> with_sound_bytes(std::span<const DoubtfulRecord> records) {
    std::map<Digest, std::size_t> last_to_extend;
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (records[i].prev) last_to_extend[*records[i].prev] = i;
    }
    std::vector<bool> sound(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto extends = last_to_extend.find(records[i].hash);
        const bool vouched_for = extends != last_to_extend.end() && extends->second > i;
        // That the next one is visibly damaged says nothing of this one: in a compressed block one byte changes both.
        const bool next_was_changed = i + 1 < records.size() && records[i + 1].prev && distance(*records[i + 1].prev, records[i].hash) <= changed_bits_max;
        sound[i] = records[i].is_record && (vouched_for || next_was_changed);
    }
    return sound;
}

// One past the last of the row that begins there: each at the place behind the one in front, and extending one of the row.
std::size_t end_of_row(std::span<const DoubtfulRecord> records, std::size_t begin) {
    std::set<Digest> row{records[begin].hash};
    std::size_t i = begin + 1;
    for (; i < records.size(); ++i) {
        const auto& record = records[i];
        if (record.offset != records[i - 1].offset.next() || !record.prev || !row.contains(*record.prev)) break;
        row.insert(record.hash);
    }
    return i;
}

}  // namespace

DoubtfulRecord look_at(Offset offset, std::string_view bytes) { return {offset, sha256(bytes), prev_in(bytes), chain::parse_header(bytes).has_value()}; }

std::vector<bool> sound_ones(std::span<const DoubtfulRecord> records, const Digest& genesis, Offset end, std::size_t reach) {
    auto sound = with_sound_bytes(records);
    for (std::size_t begin = 0; begin < records.size();) {
        const std::size_t row_end = end_of_row(records, begin);
        const bool from_beginning = records[begin].offset.number == 0 && records[begin].prev == genesis;
        const bool to_end = records[row_end - 1].offset.next() == end;
        for (std::size_t i = begin; i < row_end; ++i) {
            const bool reaches_out = i - begin >= reach || row_end - 1 - i >= reach;
            if (!from_beginning && !to_end && !reaches_out) sound[i] = false;
        }
        begin = row_end;
    }
    return sound;
}

}  // namespace granary::rocks
