// Work that would keep an io thread for too long.
#pragma once

#include <functional>

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

// Hands the call to `work` on a thread that answers no clients; in place on a node that has none (tests). 503 when too much waits.
void run_aside(const CallPtr& call, std::function<void(const CallPtr&)> work);

}  // namespace granary::gateway
