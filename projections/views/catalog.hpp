// Products as shoppers and orders see them.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `products`: a ProductRow per SKU.
void apply_products(Rows& rows, const Fact& fact);

}  // namespace granary::views
