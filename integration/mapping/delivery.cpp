// Where a shipment goes to stays in the house; how far it is does not.
#include "integration/mapping/delivery.hpp"

namespace granary::integration {
namespace {

struct Writer {
    Messages operator()(const delivery::ShipmentCreatedT& e) const { return step("created", e); }
    Messages operator()(const delivery::ShipmentBookedT& e) const {
        return one(delivery_assigned, e, [&](JsonWriter& json) { json.member("tracking_number", e.tracking_number); });
    }
    Messages operator()(const delivery::ShipmentProgressedT& e) const {
        return one(shipping_updated, e, [&](JsonWriter& json) {
            json.member("status", delivery::EnumNameShipmentStatus(e.status));
            write_member(json, "happened_at", e.happened_at);
        });
    }
    Messages operator()(const delivery::ShipmentFailedT& e) const { return step("failed", e, e.reason); }
    Messages operator()(const delivery::ShipmentCancelRequestedT& e) const { return step("cancelling", e, e.reason); }
    Messages operator()(const delivery::ShipmentCancelledT& e) const { return step("cancelled", e); }

    template <class DeliveryEvent, class WriteFields>
    static Messages one(const EventType& type, const DeliveryEvent& event, WriteFields write_fields) {
        Messages messages;
        messages.push_back(message_of(type, [&](JsonWriter& json) {
            write_member(json, "shipment_id", event.shipment_id);
            write_member(json, "order_id", event.order_id);
            write_fields(json);
        }));
        return messages;
    }
    template <class DeliveryEvent>
    static Messages step(std::string_view status, const DeliveryEvent& event, const std::string& reason = {}) {
        return one(shipping_updated, event, [&](JsonWriter& json) {
            json.member("status", status);
            write_reason(json, reason);
        });
    }
};

}  // namespace

Messages messages_of(const delivery::Event& event) { return std::visit(Writer{}, event); }

}  // namespace granary::integration
