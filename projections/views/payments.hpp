// Payments: each one's page, the list by order, and the payment on the order's page.
#pragma once

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Table `payments`: a PaymentRow per payment and an entry under its order.
void apply_payments(Rows& rows, const Fact& fact);

// The order's page shows its newest payment; later news of an older one does not change it.
void apply_to_order(Rows& rows, const Fact& fact, const payments::Event& event);

}  // namespace granary::views
