// Lists of orders: entries whose keys say everything; what a list shows of an order comes from the order's page.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `customer_orders`: an entry per order of a known customer, written once.
void apply_customer_orders(Rows& rows, const Fact& fact);

// Table `orders_by_status`: an entry per order that moves with its status, and where it stands.
void apply_orders_by_status(Rows& rows, const Fact& fact);

}  // namespace granary::views
