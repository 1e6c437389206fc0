// Questions about products: the page of one, the list, and the prices that an order is placed with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/money.hpp"
#include "core/names.hpp"
#include "core/result.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

struct ProductPrice {
    Amount unit_price;
    std::string name;
    bool retired = false;
};

// Thread-safe; every call reads the store and blocks no longer than that.
class ProductQueries {
  public:
    explicit ProductQueries(const Source& source) : source_(source) {}

    Partition partition(const Sku& sku) const;

    Result<std::optional<Document>> get(const Sku& sku) const;
    // By SKU, ascending. A page may hold fewer than asked for, even none, and still say has_more: retired products were passed over.
    Result<Page> list(bool include_retired, const PageRequest& page) const;
    // One answer per SKU, in order; nullopt where there is no such product. One read of the store.
    Result<std::vector<std::optional<ProductPrice>>> prices(const std::vector<Sku>& skus) const;

  private:
    Source source_;
};

}  // namespace granary::queries
