// Stock by SKU and by warehouse.
#include "query-side/queries/inventory.hpp"

#include <utility>

#include "core/routing.hpp"
#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/inventory.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::queries {

using read_models::StockRowT;

Partition StockQueries::partition(const Sku& sku) const { return partition_of(sku.view(), source_.partitions); }

Result<std::optional<Document>> StockQueries::get(const Sku& sku, const WarehouseCode& warehouse) const {
    const Freshness freshness = freshness_of(source_, partition(sku));
    auto stored = get_row<StockRowT>(source_, "stock", read_models::stock_key(sku, warehouse));
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (!*stored) return std::nullopt;
    StockRowT& row = (*stored)->row;
    return Document{std::move(row.json), {}, row.version, (*stored)->changed_at, freshness, false};
}

Result<std::optional<StockLevel>> StockQueries::level(const Sku& sku, const WarehouseCode& warehouse) const {
    auto stored = get_row<StockRowT>(source_, "stock", read_models::stock_key(sku, warehouse));
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (!*stored) return std::nullopt;
    const StockRowT& row = (*stored)->row;
    return StockLevel{row.on_hand, row.reserved, read_models::available(row), row.sold};
}

Result<Page> StockQueries::of_sku(const Sku& sku, const PageRequest& request) const {
    auto found = slice(source_, "stock", read_models::stock_prefix(sku), request);
    if (!found) return std::unexpected(std::move(found.error()));
    Page page = page_of(*found);
    for (const auto& entry : found->entries) {
        auto row = read_models::read_row<StockRowT>(entry.value);
        if (!row) return std::unexpected(std::move(row.error()));
        page.items.push_back(std::move(row->row.json));
    }
    return page;
}

Result<Page> StockQueries::of_warehouse(const WarehouseCode& warehouse, const PageRequest& request) const {
    auto found = slice(source_, "stock", read_models::warehouse_stock_prefix(warehouse), request);
    if (!found) return std::unexpected(std::move(found.error()));
    std::vector<std::string> keys;
    for (const auto& entry : found->entries) keys.push_back(read_models::stock_key(Sku::from_stored(entry.key), warehouse));
    auto values = get_values(source_, "stock", keys);
    if (!values) return std::unexpected(std::move(values.error()));
    Page page = page_of(*found);
    for (const auto& value : *values) {
        if (!value) continue;
        auto row = read_models::read_row<StockRowT>(*value);
        if (!row) return std::unexpected(std::move(row.error()));
        page.items.push_back(std::move(row->row.json));
    }
    return page;
}

}  // namespace granary::queries
