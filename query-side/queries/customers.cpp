// Customers by id.
#include "query-side/queries/customers.hpp"

#include <utility>

#include "core/routing.hpp"
#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/customer_erasure.hpp"
#include "query-side/read_models/customers.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::queries {

Partition CustomerQueries::partition(CustomerId id) const { return partition_of(text_of(id), source_.partitions); }

Result<std::optional<Document>> CustomerQueries::get(CustomerId id) const {
    const Freshness freshness = freshness_of(source_, partition(id));
    auto stored = get_row<read_models::CustomerRowT>(source_, "customers", read_models::customer_key(id));
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (!*stored) return std::nullopt;
    const auto& row = (*stored)->row;
    if (read_models::is_erased(row.erasure)) {
        return Document{read_models::profile_json(row, erased_field(), erased_field()), id, row.version, (*stored)->changed_at, freshness, false};
    }
    const auto profile = open_field(source_, row.profile.get());
    if (!profile) return std::unexpected(profile.error());
    const auto address = open_field(source_, row.address.get());
    if (!address) return std::unexpected(address.error());
    return Document{read_models::profile_json(row, *profile, *address), id, row.version, (*stored)->changed_at, freshness, is_lost(*profile) || is_lost(*address)};
}

Result<bool> CustomerQueries::takes_data(CustomerId id) const {
    const auto stored = get_row<read_models::CustomerRowT>(source_, "customers", read_models::customer_key(id));
    if (!stored) return std::unexpected(stored.error());
    return !*stored || !(*stored)->row.erasure;
}

}  // namespace granary::queries
