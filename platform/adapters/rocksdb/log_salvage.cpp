// A record is sound if a later one extends it, or if the next one is visibly the changed one.
#include "platform/adapters/rocksdb/log_salvage.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "core/chain.hpp"

namespace granary::rocks {
namespace {

// A `prev` this close to the hash in front of it was that hash before bits of it were changed.
constexpr int changed_bits_max = 16;

int distance(const Digest& a, const Digest& b) {
    int bits = 0;
    for (std::size_t i = 0; i < a.bytes.size(); ++i) bits += std::popcount(static_cast<unsigned char>(a.bytes[i] ^ b.bytes[i]));
    return bits;
}

}  // namespace

std::size_t sound_prefix(std::span<const ports::LogRecord> records) {
    std::vector<std::optional<Digest>> extended;  // the `prev` of each; none where there is no header any more
    for (const auto& record : records) {
        const auto header = chain::parse_header(record.bytes.view());
        extended.push_back(header ? std::optional(header->prev) : std::nullopt);
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (!extended[i]) return i;
        const Digest hash = sha256(records[i].bytes.view());
        const auto later = std::span(extended).subspan(i + 1);
        const bool vouched_for = std::ranges::any_of(later, [&](const auto& prev) { return prev == hash; });
        const bool next_was_changed = !later.empty() && (!later.front() || distance(*later.front(), hash) <= changed_bits_max);
        if (!vouched_for && !next_was_changed) return i;
    }
    return records.size();
}

}  // namespace granary::rocks
