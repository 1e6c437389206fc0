// Delivery: the shipment on the order's page; its history is the order's timeline.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// The order's page shows its newest shipment; later news of an older one does not change it.
void apply_to_order(Rows& rows, const Fact& fact, const delivery::Event& event);

}  // namespace granary::views
