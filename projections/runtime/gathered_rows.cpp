// A row is fed by one partition only, so no key comes twice.
#include "projections/runtime/gathered_rows.hpp"

#include <algorithm>
#include <utility>

#include "projections/runtime/rebuild_limits.hpp"

namespace granary::projections {

GatheredRows::GatheredRows(ports::Store& store, std::string table, const ports::Clock& clock, std::size_t bytes_max)
    : store_(store), table_(std::move(table)), clock_(clock), bytes_max_(bytes_max), flushed_(clock.monotonic()) {}

Status GatheredRows::take(Track& track) {
    const auto gathered = track.visit([&](const std::string& key, std::optional<std::string> value) -> Status {
        bytes_ += sizeof(Row) + key.size() + (value ? value->size() : 0);
        rows_.push_back({key, std::move(value)});
        return {};
    });
    if (!gathered) return gathered;
    track.collect_positions(positions_);
    track.settle();
    const bool enough = bytes_ >= bytes_max_ || clock_.monotonic() - flushed_ >= limits::rebuild_gathered_for;
    return enough ? flush() : Status();
}

Status GatheredRows::flush() {
    if (rows_.empty() && positions_.empty()) return {};
    std::ranges::sort(rows_, {}, &Row::key);
    auto loader = store_.load(table_);
    if (!loader) return std::unexpected(std::move(loader.error()));
    for (const auto& row : rows_) {
        auto added = row.value ? (*loader)->add(row.key, *row.value) : (*loader)->remove(row.key);
        if (!added) return added;
    }
    if (auto finished = (*loader)->finish_with(positions_); !finished) return finished;
    rows_.clear();
    positions_.changes.clear();
    bytes_ = 0;
    flushed_ = clock_.monotonic();
    return {};
}

}  // namespace granary::projections
