// The sales report as JSON, which the gateway and the command line show alike.
#pragma once

#include <string>
#include <string_view>

#include "query-side/queries/sales.hpp"

namespace granary::queries {

// {"by": .., "rows": [..], "position": ".."}; `by` is `day` or `product`.
std::string json_of(std::string_view by, const Report<DaySales>& report);
std::string json_of(std::string_view by, const Report<ProductSales>& report);

}  // namespace granary::queries
