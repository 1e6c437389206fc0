// Products by SKU.
#include "query-side/queries/catalog.hpp"

#include <utility>

#include "core/routing.hpp"
#include "query-side/queries/lookup.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::queries {

using read_models::ProductRowT;

Partition ProductQueries::partition(const Sku& sku) const { return partition_of(sku.view(), source_.partitions); }

Result<std::optional<Document>> ProductQueries::get(const Sku& sku) const {
    const Freshness freshness = freshness_of(source_, partition(sku));
    auto stored = get_row<ProductRowT>(source_, "products", read_models::product_key(sku));
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (!*stored) return std::nullopt;
    ProductRowT& row = (*stored)->row;
    return Document{std::move(row.json), {}, row.version, (*stored)->changed_at, freshness, false};
}

Result<Page> ProductQueries::list(bool include_retired, const PageRequest& request) const {
    const Wanted on_sale = [](std::string_view value) {
        const auto row = read_models::read_row<ProductRowT>(value);
        return !row || !row->row.retired;
    };
    auto found = slice(source_, "products", {}, request, include_retired ? nullptr : on_sale);
    if (!found) return std::unexpected(std::move(found.error()));
    Page page = page_of(*found);
    for (const auto& entry : found->entries) {
        auto row = read_models::read_row<ProductRowT>(entry.value);
        if (!row) return std::unexpected(std::move(row.error()));
        page.items.push_back(std::move(row->row.json));
    }
    return page;
}

Result<std::vector<std::optional<ProductPrice>>> ProductQueries::prices(const std::vector<Sku>& skus) const {
    std::vector<std::string> keys;
    keys.reserve(skus.size());
    for (const auto& sku : skus) keys.push_back(read_models::product_key(sku));
    auto values = get_values(source_, "products", keys);
    if (!values) return std::unexpected(std::move(values.error()));
    std::vector<std::optional<ProductPrice>> prices(skus.size());
    for (std::size_t i = 0; i < skus.size(); ++i) {
        if (!(*values)[i]) continue;
        auto row = read_models::read_row<ProductRowT>(*(*values)[i]);
        if (!row) return std::unexpected(std::move(row.error()));
        prices[i] = ProductPrice{row->row.unit_price, std::move(row->row.name), row->row.retired};
    }
    return prices;
}

}  // namespace granary::queries
