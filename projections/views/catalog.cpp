// Folds catalogue events into the product's page.
#include "projections/views/catalog.hpp"

#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

using read_models::ProductRowT;

struct Fold {
    ProductRowT& row;
    const Fact& fact;

    void operator()(const catalog::ProductCreatedT& event) {
        row.sku = event.sku;
        row.retired = false;
        row.created_at = fact.recorded_at();
        describe(event.name, event.description, event.unit_price);
    }
    void operator()(const catalog::ProductUpdatedT& event) {
        describe(event.name, event.description, event.unit_price);
    }
    void operator()(const catalog::ProductRetiredT&) { row.retired = true; }

    void describe(const std::string& name, const std::string& description, Amount unit_price) {
        row.name = name;
        row.description = description;
        row.unit_price = unit_price;
    }
};

}  // namespace

void apply_products(Rows& rows, const Fact& fact) {
    const auto* event = std::get_if<catalog::Event>(&fact.event);
    if (event == nullptr) return;
    const Sku sku = std::visit([](const auto& e) { return e.sku; }, *event);
    auto& row = rows.make<ProductRowT>(read_models::product_key(sku));
    row.sku = sku;
    std::visit(Fold{row, fact}, *event);
    row.version = fact.version;
    row.updated_at = fact.recorded_at();
}

}  // namespace granary::views
