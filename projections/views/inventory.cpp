// Folds stock events into levels.
#include "projections/views/inventory.hpp"

#include "core/mutants.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

using read_models::StockRowT;

struct Fold {
    StockRowT& row;

    void operator()(const inventory::StockReceivedT& event) { row.on_hand += event.quantity; }
    void operator()(const inventory::StockAdjustedT& event) { row.on_hand += event.delta; }
    void operator()(const inventory::StockReservedT& event) { row.reserved += event.quantity; }
    void operator()(const inventory::ReservationCommittedT& event) {
        row.reserved -= event.quantity;
        row.on_hand -= event.quantity;
        row.sold += event.quantity;
    }
    void operator()(const inventory::ReservationReleasedT& event) {
        if (event.was_committed) {
            row.sold -= event.quantity;
            row.on_hand += GRANARY_MUTANT(return_not_shown) ? 0 : event.quantity;
        } else {
            row.reserved -= event.quantity;
        }
    }
    void operator()(const inventory::ReleaseRecordedT&) {}
};

}  // namespace

void apply_stock(Rows& rows, const Fact& fact) {
    const auto* event = std::get_if<inventory::Event>(&fact.event);
    if (event == nullptr) return;
    const Sku sku = std::visit([](const auto& e) { return e.sku; }, *event);
    const WarehouseCode warehouse = std::visit([](const auto& e) { return e.warehouse; }, *event);
    auto& row = rows.make<StockRowT>(read_models::stock_key(sku, warehouse));
    if (row.version == 0) {
        row.sku = sku;
        row.warehouse = warehouse;
        rows.replace(read_models::warehouse_stock_key(warehouse, sku), read_models::EntryRow{});
    }
    std::visit(Fold{row}, *event);
    row.version = fact.version;
    row.updated_at = fact.recorded_at();
}

}  // namespace granary::views
