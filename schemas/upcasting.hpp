// Old versions of events in terms of the next one; decode_event applies these until the newest is reached.
#pragma once

#include "schemas/inventory_fbs.h"

namespace granary::inventory {

// Version 1 knew a free text only: the kind is read from the words that version 1 clients used, else `unknown`.
StockAdjustedT upcast(StockAdjustedV1T&& old);

}  // namespace granary::inventory
