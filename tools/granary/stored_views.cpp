// Reads what projections/runtime/stored_state.hpp keeps.
#include "tools/granary/stored_views.hpp"

#include <algorithm>
#include <utility>

#include "projections/views/table.hpp"

namespace granary::cli {

Status StoredViews::read(std::string_view view) {
    auto stored = projections::read_stored_views(store_);
    if (!stored) return std::unexpected(std::move(stored.error()));
    for (const auto& generation : stored->generations) {
        const auto live = std::ranges::find(stored->live, generation.view, &std::pair<std::string, std::uint64_t>::first);
        const auto* known = views::find(generation.view);
        if (live == stored->live.end() || live->second != generation.number || known == nullptr || !known->reads(generation.version)) continue;
        tables_[generation.view] = std::make_shared<const std::string>(generation.table());
    }
    const auto table = live_table(view);
    return table ? read_positions(*table) : Status(fault(FaultCode::not_found, "the view " + std::string(view) + " has not been folded here yet, or not by this version of the program; start the server once"));
}

std::shared_ptr<const std::string> StoredViews::live_table(std::string_view view) const {
    const auto found = tables_.find(view);
    return found == tables_.end() ? nullptr : found->second;
}

Status StoredViews::read_positions(const std::string& table) {
    auto stored = projections::read_positions(store_, table, limits::partitions_max);
    if (!stored) return std::unexpected(std::move(stored.error()));
    folded_ = std::move(*stored);
    for (const auto& position : folded_) positions_.push_back(position ? position->anchor.offset : Offset{});
    return {};
}

}  // namespace granary::cli
