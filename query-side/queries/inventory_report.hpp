// The report on stock: what lies where, what of it is promised, and what it would bring.
#pragma once

#include <string>

#include "core/result.hpp"
#include "query-side/queries/invoices/figures.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

// Thread-safe; every call reads the views `stock` and `products`, and keeps a row for each SKU and warehouse.
class StockReport {
  public:
    explicit StockReport(const Source& source) : source_(source) {}

    // By SKU, then warehouse; of one warehouse unless the name is empty. `value` is what on_hand is worth at the list price; both are empty
    // for a SKU that is in no catalogue. unavailable: a view is not there, or is folded too busily for a look at one moment;
    // unsupported: a value is too large to be exact; corrupt: a row can't be read.
    Result<Figures> run(const std::string& warehouse) const;

  private:
    Source source_;
};

}  // namespace granary::queries
