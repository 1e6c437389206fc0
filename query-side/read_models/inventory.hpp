// What the stock of one SKU in one warehouse says.
#pragma once

#include "query-side/read_models/rows_messages.hpp"

namespace granary::read_models {

// Writes row.json from the row's other fields.
void render(StockRowT& row);
// On hand and not promised to anybody.
inline std::int64_t available(const StockRowT& row) { return row.on_hand - row.reserved; }

}  // namespace granary::read_models
