// The OpenAPI 3.1 document of the route table.
#pragma once

#include <span>
#include <string>

#include "gateway/middleware/router.hpp"

namespace granary::gateway {

// The whole document as JSON. Every route of the table is in it, with its schemas, examples, headers and problems.
std::string openapi_document(std::span<const Route> routes);

}  // namespace granary::gateway
