// What happened to an order, event by event, for tracking and for support.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `order_timeline`: a row per event of an order, its payments, shipments and sagas, in the order of the log. What the
// saga's accepted commands did shows as events of their own, so of answers only the refused ones are shown to anybody; the rows of the
// others say where they stand, for the order's history.
void apply_order_timeline(Rows& rows, const Fact& fact);

}  // namespace granary::views
