// Customers' profiles; personal fields stay sealed in the row.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `customers`: a CustomerRow per customer, also of one who never registered and has asked to be erased.
void apply_customers(Rows& rows, const Fact& fact);

}  // namespace granary::views
