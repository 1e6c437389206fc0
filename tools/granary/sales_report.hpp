// The sales report of a store of views, in the shape that the API gives it.
#pragma once

#include <string>

#include "platform/ports/store.hpp"
#include "query-side/queries/sales.hpp"
#include "tools/granary/json_value.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/server_calls.hpp"

namespace granary::cli {

struct SalesQuestion {
    std::string by = "day";  // or product
    queries::DayRange range;
};

// `by=day&from=2010-12-01`
std::string query_of(const SalesQuestion& question);
// {"by", "rows": [...], "position"}; reads the live tables, which another process may have open.
CallResult<JsonValue> sales_report(const ports::Store& views, const SalesQuestion& question);
// Amounts are decimal text with their currency in a column of its own.
Table table_of_sales(const JsonValue& report);

}  // namespace granary::cli
