// The order's page: what was ordered, how it is paid for and shipped, and how far it has come.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `orders`: one OrderRow per order. Takes orders, payments, shipments and erasures of buyers, which share
// the order's partition.
void apply_orders(Rows& rows, const Fact& fact);

}  // namespace granary::views
