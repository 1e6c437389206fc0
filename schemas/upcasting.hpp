// Old versions of events in terms of the next one, which decode_event applies until the newest is reached; and the way back, for nodes
// that can't read the next one yet (format_levels.hpp).
#pragma once

#include "schemas/inventory_fbs.h"

namespace granary::inventory {

// Version 1 knew a free text only: the kind is read from the words that version 1 clients used, else `unknown`.
StockAdjustedT upcast(StockAdjustedV1T&& old);
// The kind is said in a word that version 1 knows, in front of the reason unless that says it already.
StockAdjustedV1T downcast(const StockAdjustedT& event);

}  // namespace granary::inventory
