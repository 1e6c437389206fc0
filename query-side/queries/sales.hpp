// The sales report: what was paid for, by day or by product, summed over the partitions' shares.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/money.hpp"
#include "core/result.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

// Days are UTC dates, `2010-12-01`, both included; empty means unbounded.
struct DayRange {
    std::string from;
    std::string to;
};

// Counts orders whose money is secured and that were not cancelled or refunded in full, under the day that they were placed.
struct DaySales {
    std::string day;
    std::int64_t orders = 0;
    std::int64_t units = 0;
    Amount gross;     // the lines' amounts, exact
    Amount refunded;  // in part, of the orders counted here
};

struct ProductSales {
    std::string sku;
    std::string name;         // as the catalogue has it now; empty for a product that is not in it
    std::int64_t orders = 0;  // that hold the product
    std::int64_t units = 0;
    Amount gross;             // refunds in part are not attributed to products
};

template <class Row>
struct Report {
    std::vector<Row> rows;
    ports::ViewAge view;  // the position vector that the report answers for
};

// Thread-safe; every call reads the store. Cost grows with the days asked for, not with the orders in them.
class SalesQueries {
  public:
    explicit SalesQueries(const Source& source) : source_(source) {}

    // By day, then currency. invalid_argument: not a date, or from is after to; unavailable: the view is not there, or is folded too
    // busily for a look at one moment.
    Result<Report<DaySales>> by_day(const DayRange& range) const;
    // By SKU, then currency. The same.
    Result<Report<ProductSales>> by_product(const DayRange& range) const;

  private:
    Source source_;
};

}  // namespace granary::queries
