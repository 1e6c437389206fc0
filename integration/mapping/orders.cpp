// Addresses, notes, payment tokens and the caller's own reference stay in the house.
#include "integration/mapping/orders.hpp"

namespace granary::integration {
namespace {

void write_lines(JsonWriter& json, const orders::OrderPlacedT& event) {
    json.key("lines").begin_array();
    for (const auto& line : event.lines) {
        json.begin_object();
        write_member(json, "sku", line->sku);
        json.member("name", line->name);
        json.member("quantity", line->quantity);
        write_member(json, "unit_price", line->unit_price);
        write_member(json, "amount", line->amount);
        json.end_object();
    }
    json.end_array();
}

struct Writer {
    Messages operator()(const orders::OrderPlacedT& e) const {
        return one(order_created, e, [&](JsonWriter& json) {
            write_member(json, "customer_id", e.customer);
            write_member(json, "total", e.total);
            write_member(json, "warehouse", e.warehouse);
            write_member(json, "country", e.country);
            write_word(json, "payment_method", orders::EnumNamePaymentMethod(e.payment_method));
            write_lines(json, e);
        });
    }
    Messages operator()(const orders::PaymentSubmittedT& e) const {
        return one(order_updated, e, [&](JsonWriter& json) {
            json.member("change", "payment_submitted");
            write_word(json, "payment_method", orders::EnumNamePaymentMethod(e.payment_method));
        });
    }
    Messages operator()(const orders::OrderPaidT& e) const {
        return one(order_confirmed, e, [&](JsonWriter& json) {
            write_member(json, "payment_id", e.payment_id);
            write_member(json, "amount", e.amount);
        });
    }
    Messages operator()(const orders::OrderPackedT& e) const {
        return one(order_updated, e, [](JsonWriter& json) { json.member("change", "packed"); });
    }
    Messages operator()(const orders::OrderShippedT& e) const {
        return one(order_shipped, e, [&](JsonWriter& json) {
            write_member(json, "shipment_id", e.shipment_id);
            if (!e.tracking_number.empty()) json.member("tracking_number", e.tracking_number);
        });
    }
    Messages operator()(const orders::OrderDeliveredT& e) const {
        return one(order_delivered, e, [](JsonWriter&) {});
    }
    Messages operator()(const orders::OrderCancelledT& e) const {
        return one(order_cancelled, e, [&](JsonWriter& json) {
            write_word(json, "was", orders::EnumNameOrderStatus(e.was));
            write_reason(json, e.reason);
        });
    }
    Messages operator()(const orders::OrderFailedT& e) const {
        return one(order_failed, e, [&](JsonWriter& json) { write_reason(json, e.reason); });
    }
    // Nothing that was published about a person has to be taken back.
    Messages operator()(const orders::BuyerErasureRequestedT&) const { return {}; }
    Messages operator()(const orders::BuyerErasedT&) const { return {}; }

    template <class OrderEvent, class WriteFields>
    static Messages one(const EventType& type, const OrderEvent& event, WriteFields write_fields) {
        Messages messages;
        messages.push_back(message_of(type, [&](JsonWriter& json) {
            write_member(json, "order_id", event.order_id);
            write_fields(json);
        }));
        return messages;
    }
};

}  // namespace

Messages messages_of(const orders::Event& event) { return std::visit(Writer{}, event); }

}  // namespace granary::integration
