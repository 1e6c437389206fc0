// Questions about stock: by SKU, by warehouse.
#pragma once

#include <cstdint>
#include <optional>

#include "core/names.hpp"
#include "core/result.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

struct StockLevel {
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::int64_t available = 0;
    std::int64_t sold = 0;
};

// Thread-safe; every call reads the store and blocks no longer than that.
class StockQueries {
  public:
    explicit StockQueries(const Source& source) : source_(source) {}

    // Stock is routed by SKU: all warehouses' stock of one SKU is in this partition.
    Partition partition(const Sku& sku) const;

    // {"sku", "warehouse", "on_hand", "reserved", "available", "sold", "updated_at"}
    Result<std::optional<Document>> get(const Sku& sku, const WarehouseCode& warehouse) const;
    Result<std::optional<StockLevel>> level(const Sku& sku, const WarehouseCode& warehouse) const;
    // One item per warehouse that ever had the SKU, by warehouse.
    Result<Page> of_sku(const Sku& sku, const PageRequest& page) const;
    // One item per SKU that the warehouse ever had, by SKU.
    Result<Page> of_warehouse(const WarehouseCode& warehouse, const PageRequest& page) const;

  private:
    Source source_;
};

}  // namespace granary::queries
