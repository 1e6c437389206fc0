// Exported rows of the views whose rows are keys or sums, which no page shows as they are: lists of orders, sales, accesses.
#pragma once

#include <string_view>

#include "tools/granary/exports/exported_views.hpp"

namespace granary::cli {

// As ExportedView::rows_of. There is no personal data in any of them.
Status customer_order_rows(std::string_view key, std::string_view value, ports::Sealer* personal, const EmitRow& emit);
Status status_order_rows(std::string_view key, std::string_view value, ports::Sealer* personal, const EmitRow& emit);
Status sales_rows(std::string_view key, std::string_view value, ports::Sealer* personal, const EmitRow& emit);
Status access_rows(std::string_view key, std::string_view value, ports::Sealer* personal, const EmitRow& emit);

}  // namespace granary::cli
