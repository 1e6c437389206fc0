// Turns numbers that a property test drew into a history of orders, payments, shipments, stock, products and customers.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/projections/history.hpp"

namespace granary::testing {

// One commit per choice. Any order of events may come out, also such as no command side would decide.
void append_random(History& history, const std::vector<std::uint16_t>& choices);

}  // namespace granary::testing
