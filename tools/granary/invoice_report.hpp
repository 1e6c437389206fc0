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

struct PrintedReport {
    std::string json;      // as the API gives it
    Table table;
    std::string position;  // what of the log it answers for
};

// Of a report's JSON, as the API gives it. Failures: it is none.
CallResult<PrintedReport> laid_out(const JsonValue& json);
CallResult<PrintedReport> laid_out(std::string_view report, std::string_view by, const Result<queries::Figures>& figures);

// Reads the live table, which another process may have open.
CallResult<PrintedReport> invoice_report(const ports::Store& views, const InvoiceReportQuestion& question);
CallResult<PrintedReport> invoice_report(ServerCalls& server, const InvoiceReportQuestion& question);

}  // namespace granary::cli
