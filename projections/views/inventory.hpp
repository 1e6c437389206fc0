// Stock of each SKU in each warehouse.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `stock`: a StockRow per SKU and warehouse, and an entry under the warehouse.
void apply_stock(Rows& rows, const Fact& fact);

}  // namespace granary::views
