// Erasures on the pages of those whom they concern.
#pragma once

#include <memory>

#include "projections/views/fact.hpp"
#include "projections/views/rows.hpp"

namespace granary::views {

// Somebody has asked for it, or for it not to wait any longer.
void begin_erasure(std::unique_ptr<read_models::ErasurePartT>& part, const Fact& fact);
// The key is gone, and with it what the page showed.
void end_erasure(std::unique_ptr<read_models::ErasurePartT>& part, const Fact& fact, std::uint32_t orders_under_way);

// A step of the saga, on the page of the customer, or of the order without one. Each changes the rows of its own view only.
void apply_to_customer(Rows& rows, const Fact& fact, const customer_erasure::Event& event);
void apply_to_order(Rows& rows, const Fact& fact, const customer_erasure::Event& event);

}  // namespace granary::views
