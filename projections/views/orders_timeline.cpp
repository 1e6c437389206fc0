// Writes one row per event; which details each event shows, and to whom, is decided here.
#include "projections/views/orders_timeline.hpp"

#include "core/refusal.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/order_status.hpp"
#include "schemas/json_values.hpp"

namespace granary::views {
namespace {

using read_models::word_of;

void write_reason(JsonWriter& json, const std::string& reason) {
    if (!reason.empty()) json.member("reason", reason);
}

// Details of events of an order, its payments and shipments. Tokens and sealed fields are never among them.
struct Details {
    JsonWriter& json;

    void operator()(const orders::OrderPlacedT& e) { write_member(json, "total", e.total); }
    void operator()(const orders::PaymentSubmittedT& e) { json.key("method").string(word_of(e.payment_method)); }
    void operator()(const orders::OrderPaidT& e) { write_member(json, "amount", e.amount); }
    void operator()(const orders::OrderPackedT&) {}
    void operator()(const orders::OrderShippedT& e) { write_tracking(e.tracking_number); }
    void operator()(const orders::OrderDeliveredT&) {}
    void operator()(const orders::OrderCancelledT& e) { write_reason(json, e.reason); }
    void operator()(const orders::OrderFailedT& e) { write_reason(json, e.reason); }
    void operator()(const orders::BuyerErasureRequestedT& e) { json.key("ground").string(wire::EnumNameErasureGround(e.ground)); }
    void operator()(const orders::BuyerErasedT&) {}

    void operator()(const payments::PaymentStartedT& e) { write_payment(e.payment_id, &e.amount); }
    void operator()(const payments::PaymentAuthorizedT& e) { write_payment(e.payment_id, &e.amount); }
    void operator()(const payments::PaymentDeclinedT& e) { write_payment(e.payment_id, nullptr, e.reason); }
    void operator()(const payments::CaptureRequestedT& e) { write_payment(e.payment_id, &e.amount); }
    void operator()(const payments::PaymentCapturedT& e) { write_payment(e.payment_id, &e.amount); }
    void operator()(const payments::CaptureFailedT& e) { write_payment(e.payment_id, nullptr, e.reason); }
    void operator()(const payments::VoidRequestedT& e) { write_payment(e.payment_id, nullptr, e.reason); }
    void operator()(const payments::PaymentVoidedT& e) { write_payment(e.payment_id, nullptr); }
    void operator()(const payments::RefundRequestedT& e) { write_payment(e.payment_id, &e.amount, e.reason); }
    void operator()(const payments::PaymentRefundedT& e) { write_payment(e.payment_id, &e.amount); }
    void operator()(const payments::RefundFailedT& e) { write_payment(e.payment_id, nullptr, e.reason); }
    void operator()(const payments::PaymentFailedT& e) { write_payment(e.payment_id, nullptr, e.reason); }

    void operator()(const delivery::ShipmentCreatedT& e) { write_member(json, "shipment_id", e.shipment_id); }
    void operator()(const delivery::ShipmentBookedT& e) {
        write_member(json, "shipment_id", e.shipment_id);
        write_tracking(e.tracking_number);
    }
    void operator()(const delivery::ShipmentProgressedT& e) {
        write_member(json, "shipment_id", e.shipment_id);
        json.key("status").string(word_of(e.status));
        write_member(json, "happened_at", e.happened_at);
    }
    void operator()(const delivery::ShipmentFailedT& e) { write_shipment(e.shipment_id, e.reason); }
    void operator()(const delivery::ShipmentCancelRequestedT& e) { write_shipment(e.shipment_id, e.reason); }
    void operator()(const delivery::ShipmentCancelledT& e) { write_shipment(e.shipment_id, {}); }

    void write_tracking(const std::string& number) {
        if (!number.empty()) json.member("tracking_number", number);
    }
    void write_payment(PaymentId id, const Money* amount, const std::string& reason = {}) {
        write_member(json, "payment_id", id);
        if (amount != nullptr) write_member(json, "amount", *amount);
        write_reason(json, reason);
    }
    void write_shipment(ShipmentId id, const std::string& reason) {
        write_member(json, "shipment_id", id);
        write_reason(json, reason);
    }
};

// Details of saga events, for staff; false: this one is not listed.
struct SagaDetails {
    JsonWriter& json;

    bool operator()(const order_fulfilment::AnswerRecordedT& e) {
        if (e.accepted) return false;
        write_step(e.step);
        write_member(json, "sku", e.sku);
        json.key("refusal").string(name_of(static_cast<RefusalCode>(e.refusal)));
        return true;
    }
    bool operator()(const order_fulfilment::TimerFiredT& e) {
        json.key("timer").string(order_fulfilment::EnumNameTimer(e.timer));
        return true;
    }
    bool operator()(const order_fulfilment::InstanceParkedT& e) { return write_step(e.step, e.reason); }
    bool operator()(const order_fulfilment::InstanceRetriedT& e) { return write_why(e.reason); }
    bool operator()(const order_fulfilment::StepSkippedT& e) { return write_step(e.step, e.reason); }
    bool operator()(const order_fulfilment::CompensationRequestedT& e) { return write_why(e.reason); }

    bool write_why(const std::string& reason) {
        write_reason(json, reason);
        return true;
    }
    bool write_step(order_fulfilment::Step step, const std::string& reason = {}) {
        json.key("step").string(order_fulfilment::EnumNameStep(step));
        return write_why(reason);
    }
};

// Details of the steps that erase an order's buyer, for staff.
struct ErasureDetails {
    JsonWriter& json;

    void operator()(const customer_erasure::OrdersFoundT& e) { json.member("orders_under_way", static_cast<std::int64_t>(e.orders_under_way)); }
    void operator()(const customer_erasure::KeyDestroyedT&) {}
    void operator()(const customer_erasure::ErasureParkedT& e) {
        json.key("step").string(customer_erasure::EnumNameStep(e.step));
        write_reason(json, e.reason);
    }
    void operator()(const customer_erasure::ErasureRetriedT& e) { write_reason(json, e.reason); }
};

using read_models::Audience;

struct WriteDetails {
    JsonWriter& json;

    Audience operator()(const orders::Event& event) const { return write(event); }
    Audience operator()(const payments::Event& event) const { return write(event); }
    Audience operator()(const delivery::Event& event) const { return write(event); }
    Audience operator()(const order_fulfilment::Event& event) const {
        return std::visit(SagaDetails{json}, event) ? Audience::staff : Audience::nobody;
    }
    Audience operator()(const inventory::Event&) const { return Audience::nobody; }
    Audience operator()(const catalog::Event&) const { return Audience::nobody; }
    Audience operator()(const customers::Event&) const { return Audience::nobody; }
    Audience operator()(const invoices::Event&) const { return Audience::nobody; }
    Audience operator()(const customer_erasure::Event& event) const {
        std::visit(ErasureDetails{json}, event);
        return Audience::staff;
    }
    Audience operator()(const access::Event&) const { return Audience::nobody; }

    template <class ContextEvent>
    Audience write(const ContextEvent& event) const {
        std::visit(Details{json}, event);
        return Audience::everybody;
    }
};

}  // namespace

void apply_order_timeline(Rows& rows, const Fact& fact) {
    // All streams of one order's life are routed by the order's id.
    const auto order = parse_id<OrderKind>(fact.commit.meta.routing_key);
    if (!order) return;
    JsonWriter json;
    json.begin_object();
    json.key("type").string(name_of(fact.event));
    write_member(json, "occurred_at", fact.occurred_at);
    write_member(json, "recorded_at", fact.recorded_at());
    write_member(json, "position", fact.position);
    read_models::TimelineRowT row;
    row.audience = std::visit(WriteDetails{json}, fact.event);
    json.end_object();
    if (row.audience != Audience::nobody) row.json = json.take();
    rows.replace(read_models::timeline_key(*order, fact.position.offset.number, fact.index), std::move(row));
}

}  // namespace granary::views
