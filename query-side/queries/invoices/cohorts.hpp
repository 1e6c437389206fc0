// Cohorts: of the customers who first ordered in one month, how many ordered in each month from then on.
#pragma once

#include <set>
#include <vector>

#include "query-side/queries/invoices/figures.hpp"
#include "query-side/queries/invoices/scan.hpp"

namespace granary::queries {

// Known customers only; a month in which nobody of a cohort ordered has no row.
class Cohorts {
  public:
    void take(const ReportInvoice& invoice);
    Figures figures() const;

  private:
    std::vector<std::set<std::int32_t>> months_;  // with an order, by customer; counted from year 0
};

}  // namespace granary::queries
