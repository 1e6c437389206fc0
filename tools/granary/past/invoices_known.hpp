// Reports on what a log knew by a time, from views that may not have folded all of that.
#pragma once

#include <string>

#include "tools/granary/invoice_report.hpp"

namespace granary::cli {

// From the views of a data directory, which a server may be folding: waits a few seconds for what is in its log now. unavailable, as a
// failure: the views still lack something of the time that the question bounds, or there is no log here to compare them with.
CallResult<PrintedReport> invoice_report_of_data(const std::string& data, const InvoiceReportQuestion& question);

// From a folder of views, which holds one moment: a failure (invalid_argument) when the question is about a later time.
CallResult<PrintedReport> invoice_report_of_folder(const std::string& folder, const InvoiceReportQuestion& question);

}  // namespace granary::cli
