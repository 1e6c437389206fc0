// What a payment's page says.
#pragma once

#include "query-side/read_models/rows_messages.hpp"

namespace granary::read_models {

// Writes row.json from the row's other fields.
void render(PaymentRowT& row);

}  // namespace granary::read_models
