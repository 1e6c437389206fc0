// Reports on imported invoices, from a store of views or from a server, ready to be printed.
#pragma once

#include <string>

#include "platform/ports/store.hpp"
#include "query-side/queries/invoices/reports.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/server_calls.hpp"

namespace granary::cli {

// As the command line gives it.
struct InvoiceReportQuestion {
    std::string report;  // sales, products, cohorts or pairs
    std::string by;      // of sales
    std::size_t top = 10;
    queries::ScopeTexts scope;
};

struct InvoiceReport {
    std::string json;      // as the API gives it
    Table table;
    std::string position;  // what of the log it answers for
};

// Reads the live table, which another process may have open.
CallResult<InvoiceReport> invoice_report(const ports::Store& views, const InvoiceReportQuestion& question);
CallResult<InvoiceReport> invoice_report(ServerCalls& server, const InvoiceReportQuestion& question);

}  // namespace granary::cli
