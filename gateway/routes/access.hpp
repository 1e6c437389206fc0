// Who has looked at what.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void list_accesses(const CallPtr& call);  // ?principal, ?operation, ?from, ?to

}  // namespace granary::gateway
