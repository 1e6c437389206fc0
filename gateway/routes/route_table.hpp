// The one table of routes: what is not in it does not exist.
#pragma once

#include <span>

#include "gateway/middleware/router.hpp"
#include "gateway/services.hpp"

namespace granary::gateway {

// All routes, in the order of documentation. The span is valid for ever.
std::span<const Route> route_table();
// Those of one surface.
std::span<const Route> routes_of(Surface surface);

}  // namespace granary::gateway
