// Imported invoices as reports read them: everything that figures are made of, nothing else.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `invoices`: one row for each, written once. What the log knew at a past moment is found in it by the rows' stamps.
void apply_invoices(Rows& rows, const Fact& fact);

}  // namespace granary::views
