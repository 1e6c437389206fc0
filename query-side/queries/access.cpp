// A range of one of the two lists.
#include "query-side/queries/access.hpp"

#include <utility>

#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/row.hpp"

namespace granary::queries {

using read_models::AccessRowT;

Result<Page> AccessQueries::list(const AccessFilter& filter, const PageRequest& request) const {
    const auto prefix = filter.principal.empty() ? read_models::access_prefix() : read_models::access_prefix_of(filter.principal);
    SliceBounds bounds;
    if (filter.to) bounds.from = read_models::access_place_from(*filter.to);
    if (filter.from && filter.from->unix_us > 0) bounds.to = read_models::access_place_from({filter.from->unix_us - 1});
    Wanted wanted;
    if (!filter.operation.empty()) {
        wanted = [&](std::string_view value) {
            const auto row = read_models::read_row<AccessRowT>(value);
            return !row || row->row.operation == filter.operation;
        };
    }
    auto found = slice(source_, "access_log", prefix, request, wanted, bounds);
    if (!found) return std::unexpected(std::move(found.error()));
    Page page = page_of(*found);
    for (const auto& entry : found->entries) {
        auto row = read_models::read_row<AccessRowT>(entry.value);
        if (!row) return std::unexpected(std::move(row.error()));
        page.items.push_back(std::move(row->row.json));
    }
    return page;
}

}  // namespace granary::queries
