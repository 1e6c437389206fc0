// Limits of bringing in what another system booked, and of the reports on it; apart from core/limits.hpp, since little leans on them.
#pragma once

#include <cstddef>

#include "core/limits.hpp"

namespace granary::limits {

// Imported invoices and the reports on them.

inline constexpr std::size_t invoice_source_bytes_max = 31;      // name of the system that an invoice comes from
inline constexpr std::size_t invoice_number_bytes_max = 31;
inline constexpr std::size_t invoice_lines_max = order_lines_max;
inline constexpr std::size_t import_invoices_max = 500;          // of one request
inline constexpr std::size_t import_request_lines_max = 4000;    // that the importer puts into one request
inline constexpr std::size_t import_request_bytes_max = 900 * 1024;
inline constexpr std::size_t report_rows_max = 10'000;           // of one ranked report: the N of --top
inline constexpr std::size_t reports_waiting_max = 32;           // of one node, behind the one that is being made

static_assert(invoice_lines_max <= import_request_lines_max, "an invoice must fit into a request");
static_assert(import_request_lines_max * 6 + import_invoices_max * 6 < json_nodes_max);
static_assert(import_request_bytes_max < http_large_body_bytes_max);

}  // namespace granary::limits
