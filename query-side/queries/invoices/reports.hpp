// The reports on imported invoices, by name: what the command line and the API ask for.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/import_limits.hpp"
#include "query-side/queries/invoices/figures.hpp"
#include "query-side/queries/invoices/scan.hpp"

namespace granary::queries {

struct InvoiceQuestion {
    std::string report;       // sales, products, cohorts or pairs
    std::string by = "day";   // of sales: day, month, hour, weekday, country, product or customer
    std::size_t top = 10;     // of products and pairs
    ReportScope scope;
};

// As a user gives them, on the command line or in a query. Empty texts bound nothing.
struct ScopeTexts {
    std::string as_of;     // a time, a date (its whole day), or positions as reports print them
    std::string until;     // a time or a date
    std::string currency;  // `GBP`
};
// invalid_argument: says which text is wrong, and what it should be.
Result<ReportScope> parse_scope(const ScopeTexts& texts);

// Thread-safe; every call reads the view `invoices` and keeps in memory what it sums.
class InvoiceReports {
  public:
    explicit InvoiceReports(const Source& source) : source_(source) {}

    // invalid_argument: no such report or grouping, `top` beyond limits::report_rows_max, or as scan_invoices; unavailable
    // and corrupt: as scan_invoices; unsupported: a sum is too large to be exact.
    Result<Figures> run(const InvoiceQuestion& question) const;

  private:
    Source source_;
};

}  // namespace granary::queries
