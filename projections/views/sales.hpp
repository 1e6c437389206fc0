// Sales: what was paid for, kept as each partition's share of a day and of a product's day.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `sales`. An order counts under the day that it was placed (occurred_at, UTC) from the moment it is PAID, and stops
// counting when it is cancelled, fails or is refunded in full. Refunds in part are summed beside the day's gross.
void apply_sales(Rows& rows, const Fact& fact);

}  // namespace granary::views
