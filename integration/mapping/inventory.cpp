// Only what concerns orders: receipts, counts and sales are the house's own books.
#include "integration/mapping/inventory.hpp"

namespace granary::integration {
namespace {

struct Writer {
    Messages operator()(const inventory::StockReceivedT&) const { return {}; }
    Messages operator()(const inventory::StockAdjustedT&) const { return {}; }
    Messages operator()(const inventory::StockReservedT& e) const {
        return one(inventory_reserved, e, [&](JsonWriter& json) {
            write_member(json, "order_id", e.order_id);
            json.member("quantity", e.quantity);
            write_member(json, "expires_at", e.expires_at);
        });
    }
    Messages operator()(const inventory::ReservationCommittedT&) const { return {}; }
    Messages operator()(const inventory::ReservationReleasedT& e) const {
        return one(inventory_released, e, [&](JsonWriter& json) {
            json.member("quantity", e.quantity);
            json.member("was_committed", e.was_committed);
            write_reason(json, e.reason);
        });
    }
    // Nothing was set aside, so nothing goes back.
    Messages operator()(const inventory::ReleaseRecordedT&) const { return {}; }

    template <class StockEvent, class WriteFields>
    static Messages one(const EventType& type, const StockEvent& event, WriteFields write_fields) {
        Messages messages;
        messages.push_back(message_of(type, [&](JsonWriter& json) {
            write_member(json, "sku", event.sku);
            write_member(json, "warehouse", event.warehouse);
            write_member(json, "reservation_id", event.reservation_id);
            write_fields(json);
        }));
        return messages;
    }
};

}  // namespace

Messages messages_of(const inventory::Event& event) { return std::visit(Writer{}, event); }

}  // namespace granary::integration
