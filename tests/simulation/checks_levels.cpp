// Levels of the format: nothing was written before the log said that every node can read it, and no node of an old release went on behind that.
#include <algorithm>
#include <cstring>

#include "core/chain.hpp"
#include "core/digest.hpp"
#include "schemas/envelope_tables.h"
#include "schemas/table_codec.hpp"
#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

// Of an accepted commit: what its events need, as they are stored.
std::uint32_t level_needed(std::string_view body) {
    const AlignedBytes aligned(body);
    const auto* commit = flatbuffers::GetRoot<envelope::Record>(aligned.data())->body_as_Commit();
    if (commit == nullptr) return 0;
    std::uint32_t level = 0;
    for (const auto* event : *commit->events()) level = std::max(level, level_of({event->type(), event->version()}));
    return level;
}

}  // namespace

void check_levels(const Broker& log, std::uint32_t unmarked, const std::vector<OldRelease>& old, Findings& findings) {
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        const Partition partition{number};
        Digest head = chain::genesis(log.identity().id, partition);
        std::uint32_t level = unmarked;
        const auto& records = log.records(partition);
        for (std::size_t i = 0; i < records.size(); ++i) {
            const auto header = chain::parse_header(records[i].view());
            if (!header || header->prev != head) continue;
            head = sha256(records[i].view());
            const Position position{partition, {static_cast<std::int64_t>(i)}};
            const auto body = chain::body_of(records[i].view());
            const auto entry = decode_body(body);
            if (!entry) continue;  // told elsewhere
            if (const auto* format = std::get_if<envelope::FormatT>(&*entry)) level = std::max(level, format->level);
            if (std::holds_alternative<Commit>(*entry) && level_needed(body) > level) {
                findings.push_back("the commit at " + text_of(position) + " needs level " + std::to_string(level_needed(body)) + ", and the log allowed " + std::to_string(level));
            }
            const auto* claim = std::get_if<envelope::ClaimT>(&*entry);
            if (claim == nullptr || level == unmarked) continue;
            const auto release = std::ranges::find(old, claim->node, &OldRelease::node);
            if (release != old.end() && log.stored_at(position) < release->until) findings.push_back("node " + claim->node + " claimed at " + text_of(position) + ", behind a level that its release can't read");
        }
    }
}

}  // namespace granary::simulation
