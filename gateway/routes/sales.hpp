// Reports of sales, for analysts.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void report_sales(const CallPtr& call);  // ?by=day|product&from=&to=

}  // namespace granary::gateway
