// A record is sound if a later one extends it, or the next one did before bits of its header were changed.
#include "platform/adapters/rocksdb/log_salvage.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <vector>

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

}  // namespace

std::size_t sound_prefix(std::span<const ports::LogRecord> records) {
    std::vector<std::optional<Digest>> extended;  // the `prev` of each
    for (const auto& record : records) extended.push_back(prev_in(record.bytes.view()));
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (!chain::parse_header(records[i].bytes.view())) return i;
        const Digest hash = sha256(records[i].bytes.view());
        const auto later = std::span(extended).subspan(i + 1);
        const bool vouched_for = std::ranges::any_of(later, [&](const auto& prev) { return prev == hash; });
        // That the next one is visibly damaged says nothing of this one: in a compressed block one byte changes both.
        const bool next_was_changed = !later.empty() && later.front() && distance(*later.front(), hash) <= changed_bits_max;
        if (!vouched_for && !next_was_changed) return i;
    }
    return records.size();
}

}  // namespace granary::rocks
