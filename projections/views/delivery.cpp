// Folds shipment events into the order's page.
#include "projections/views/delivery.hpp"

#include <algorithm>

#include "core/mutants.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

using delivery::ShipmentStatus;
using read_models::OrderRowT;

struct Advance {
    read_models::ShipmentPartT& shipment;

    void become(ShipmentStatus status) { shipment.status = static_cast<std::uint8_t>(status); }

    void operator()(const delivery::ShipmentCreatedT&) {}
    void operator()(const delivery::ShipmentBookedT& event) {
        // The carrier's report of what followed may have come first.
        shipment.status = std::max(shipment.status, static_cast<std::uint8_t>(ShipmentStatus::booked));
        if (GRANARY_MUTANT(shipment_set_back)) become(ShipmentStatus::booked);
        shipment.tracking_number = event.tracking_number;
    }
    void operator()(const delivery::ShipmentProgressedT& event) { become(event.status); }
    void operator()(const delivery::ShipmentFailedT&) { become(ShipmentStatus::failed); }
    void operator()(const delivery::ShipmentCancelRequestedT&) { become(ShipmentStatus::cancelling); }
    void operator()(const delivery::ShipmentCancelledT&) { become(ShipmentStatus::cancelled); }
};

OrderId order_of(const delivery::Event& event) {
    return std::visit([](const auto& e) { return e.order_id; }, event);
}

ShipmentId shipment_of(const delivery::Event& event) {
    return std::visit([](const auto& e) { return e.shipment_id; }, event);
}

}  // namespace

void apply_to_order(Rows& rows, const Fact& fact, const delivery::Event& event) {
    auto* row = rows.edit<OrderRowT>(read_models::order_key(order_of(event)));
    if (row == nullptr) return;
    row->updated_at = fact.recorded_at();
    if (std::holds_alternative<delivery::ShipmentCreatedT>(event)) {
        row->shipment = std::make_unique<read_models::ShipmentPartT>();
        row->shipment->shipment_id = shipment_of(event);
        row->shipment->status = static_cast<std::uint8_t>(ShipmentStatus::created);
    } else if (row->shipment && row->shipment->shipment_id == shipment_of(event)) {
        std::visit(Advance{*row->shipment}, event);
    }
}

}  // namespace granary::views
