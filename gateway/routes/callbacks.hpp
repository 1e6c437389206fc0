// Callbacks of payment providers and carriers (docs/callbacks.md).
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void payment_callback(const CallPtr& call);
void carrier_callback(const CallPtr& call);

}  // namespace granary::gateway
