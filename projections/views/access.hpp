// Who has looked at what.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `access_log`: a row per access among all, and the same among those of its principal.
void apply_access_log(Rows& rows, const Fact& fact);

}  // namespace granary::views
