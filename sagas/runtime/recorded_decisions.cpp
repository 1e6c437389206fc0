// One probe per field that commands of sagas share with their events.
#include "sagas/runtime/recorded_decisions.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/json_writer.hpp"
#include "sagas/runtime/outcomes.hpp"

namespace granary::sagas {
namespace {

using ports::CarrierStatus;
using ports::ProviderStatus;

// The last event of the commit by which each command is accepted.
constexpr std::array<std::pair<std::string_view, std::string_view>, 25> accepted_as{{
    {"mark_paid", "order_paid"},
    {"mark_packed", "order_packed"},
    {"mark_shipped", "order_shipped"},
    {"mark_delivered", "order_delivered"},
    {"cancel_order", "order_cancelled"},
    {"fail_order", "order_failed"},
    {"start_payment", "payment_started"},
    {"request_capture", "capture_requested"},
    {"request_void", "void_requested"},
    {"request_refund", "refund_requested"},
    {"fail_payment", "payment_failed"},
    {"record_authorized", "payment_authorized"},
    {"record_declined", "payment_declined"},
    {"record_captured", "payment_captured"},
    {"record_capture_failed", "capture_failed"},
    {"record_voided", "payment_voided"},
    {"record_refunded", "payment_refunded"},
    {"record_refund_failed", "refund_failed"},
    {"create_shipment", "shipment_created"},
    {"request_shipment_cancel", "shipment_cancel_requested"},
    {"record_booked", "shipment_booked"},
    {"record_progress", "shipment_progressed"},
    {"fail_shipment", "shipment_failed"},
    {"record_shipment_cancelled", "shipment_cancelled"},
    {"park", "instance_parked"},
}};

bool is_accepted_as(std::string_view command, std::string_view event) { return std::ranges::find(accepted_as, std::pair(command, event)) != accepted_as.end(); }

// A field by its name; not callable with a message that has none of that name.
template <class Get>
struct Probe {
    std::string_view name;
    Get get;
};

constexpr std::tuple probes{
    Probe{"order_id", [](const auto& m) -> decltype((m.order_id)) { return m.order_id; }},
    Probe{"payment_id", [](const auto& m) -> decltype((m.payment_id)) { return m.payment_id; }},
    Probe{"refund_id", [](const auto& m) -> decltype((m.refund_id)) { return m.refund_id; }},
    Probe{"shipment_id", [](const auto& m) -> decltype((m.shipment_id)) { return m.shipment_id; }},
    Probe{"customer", [](const auto& m) -> decltype((m.customer)) { return m.customer; }},
    Probe{"amount", [](const auto& m) -> decltype((m.amount)) { return m.amount; }},
    Probe{"method", [](const auto& m) -> decltype((m.method)) { return m.method; }},
    Probe{"token", [](const auto& m) -> decltype((m.token)) { return m.token; }},
    Probe{"provider_reference", [](const auto& m) -> decltype((m.provider_reference)) { return m.provider_reference; }},
    Probe{"reason", [](const auto& m) -> decltype((m.reason)) { return m.reason; }},
    Probe{"warehouse", [](const auto& m) -> decltype((m.warehouse)) { return m.warehouse; }},
    Probe{"country", [](const auto& m) -> decltype((m.country)) { return m.country; }},
    Probe{"ship_to", [](const auto& m) -> decltype((m.ship_to)) { return m.ship_to; }},
    Probe{"pieces", [](const auto& m) -> decltype((m.pieces)) { return m.pieces; }},
    Probe{"tracking_number", [](const auto& m) -> decltype((m.tracking_number)) { return m.tracking_number; }},
    Probe{"status", [](const auto& m) -> decltype((m.status)) { return m.status; }},
    Probe{"carrier_event_id", [](const auto& m) -> decltype((m.carrier_event_id)) { return m.carrier_event_id; }},
    Probe{"happened_at", [](const auto& m) -> decltype((m.happened_at)) { return m.happened_at; }},
    Probe{"step", [](const auto& m) -> decltype((m.step)) { return m.step; }},
};

template <class Value>
bool is_same(const Value& a, const Value& b) {
    return a == b;
}

bool is_same(const std::unique_ptr<wire::SealedT>& a, const std::unique_ptr<wire::SealedT>& b) {
    if (!a || !b) return !a && !b;
    return a->person == b->person && a->box == b->box;
}

using Names = std::vector<std::string_view>;

template <class C, class E, class Get>
void compare_field(const Probe<Get>& probe, const C& command, const E& event, Names& names) {
    if constexpr (std::is_invocable_v<const Get&, const C&> && std::is_invocable_v<const Get&, const E&>) {
        if (!is_same(probe.get(command), probe.get(event)) && std::ranges::find(names, probe.name) == names.end()) names.push_back(probe.name);
    }
}

// False: not both of this context.
template <class ContextCommand, class ContextEvent>
bool compare_in(const Command& command, const Event& event, Names& names) {
    const auto* c = std::get_if<ContextCommand>(&command);
    const auto* e = std::get_if<ContextEvent>(&event);
    if (c == nullptr || e == nullptr) return false;
    const auto compare = [&names](const auto& one, const auto& other) {
        std::apply([&](const auto&... probe) { (compare_field(probe, one, other, names), ...); }, probes);
    };
    std::visit(compare, *c, *e);
    return true;
}

void compare(const Command& command, const Event& event, Names& names) {
    const bool known = compare_in<orders::Command, orders::Event>(command, event, names) || compare_in<payments::Command, payments::Event>(command, event, names) ||
                       compare_in<delivery::Command, delivery::Event>(command, event, names) ||
                       compare_in<order_fulfilment::Command, order_fulfilment::Event>(command, event, names);
    if (!known) names.push_back("event");
}

ports::ProviderAnswer provider(ProviderStatus status, std::string reason = {}, std::string reference = {}) { return {status, std::move(reference), std::move(reason), {}}; }

OutsideAnswer answer(const payments::PaymentAuthorizedT& e) { return provider(ProviderStatus::authorized, {}, e.provider_reference); }
OutsideAnswer answer(const payments::PaymentDeclinedT& e) { return provider(ProviderStatus::declined, e.reason); }
OutsideAnswer answer(const payments::PaymentCapturedT&) { return provider(ProviderStatus::captured); }
OutsideAnswer answer(const payments::CaptureFailedT& e) { return provider(ProviderStatus::declined, e.reason); }
OutsideAnswer answer(const payments::PaymentVoidedT&) { return provider(ProviderStatus::voided); }
OutsideAnswer answer(const payments::PaymentRefundedT&) { return provider(ProviderStatus::refunded); }
OutsideAnswer answer(const payments::RefundFailedT& e) { return provider(ProviderStatus::declined, e.reason); }
// Asked for by us, so no answers.
OutsideAnswer answer(const payments::PaymentStartedT&) { return {}; }
OutsideAnswer answer(const payments::CaptureRequestedT&) { return {}; }
OutsideAnswer answer(const payments::VoidRequestedT&) { return {}; }
OutsideAnswer answer(const payments::RefundRequestedT&) { return {}; }
OutsideAnswer answer(const payments::PaymentFailedT&) { return {}; }

ports::CarrierAnswer carrier(CarrierStatus status) {
    ports::CarrierAnswer told;
    told.status = status;
    return told;
}

CarrierStatus status_of(delivery::ShipmentStatus status) {
    switch (status) {
        case delivery::ShipmentStatus::booked: return CarrierStatus::booked;
        case delivery::ShipmentStatus::packed: return CarrierStatus::packed;
        case delivery::ShipmentStatus::in_transit: return CarrierStatus::in_transit;
        case delivery::ShipmentStatus::delivered: return CarrierStatus::delivered;
        case delivery::ShipmentStatus::none:
        case delivery::ShipmentStatus::created:
        case delivery::ShipmentStatus::failed:
        case delivery::ShipmentStatus::cancelling:
        case delivery::ShipmentStatus::cancelled: break;
    }
    return CarrierStatus::unknown_key;
}

OutsideAnswer answer(const delivery::ShipmentBookedT& e) {
    auto told = carrier(CarrierStatus::booked);
    told.tracking_number = e.tracking_number;
    return told;
}
OutsideAnswer answer(const delivery::ShipmentProgressedT& e) {
    auto told = carrier(status_of(e.status));
    told.event_id = e.carrier_event_id;
    told.happened_at = e.happened_at;
    return told;
}
OutsideAnswer answer(const delivery::ShipmentFailedT& e) {
    auto told = carrier(CarrierStatus::refused);
    told.reason = e.reason;
    return told;
}
OutsideAnswer answer(const delivery::ShipmentCancelledT&) { return carrier(CarrierStatus::cancelled); }
OutsideAnswer answer(const delivery::ShipmentCreatedT&) { return {}; }
OutsideAnswer answer(const delivery::ShipmentCancelRequestedT&) { return {}; }

}  // namespace

std::vector<std::string_view> differences(const Command& command, const std::vector<CommitEvent>& events) {
    Names names;
    if (events.empty() || !is_accepted_as(name_of(command), name_of(events.back().event))) return {"event"};
    // Orders may pass several states at once; the fields of each are the command's.
    for (const auto& item : events) compare(command, item.event, names);
    return names;
}

OutsideAnswer answer_in(const Event& event) {
    const auto of_context = [](const auto& e) { return answer(e); };
    if (const auto* payment = std::get_if<payments::Event>(&event)) return std::visit(of_context, *payment);
    if (const auto* shipment = std::get_if<delivery::Event>(&event)) return std::visit(of_context, *shipment);
    return {};
}

std::optional<Command> record_of(const Effect& effect, OrderId order, const OutsideAnswer& answer) {
    if (const auto* told = std::get_if<ports::ProviderAnswer>(&answer)) return outcome_of(effect, order, *told);
    if (const auto* told = std::get_if<ports::CarrierAnswer>(&answer)) return outcome_of(effect, order, *told);
    return std::nullopt;
}

std::string json_of(const Command& command) {
    JsonWriter json;
    std::visit([&](const auto& context) { std::visit([&](const auto& message) { write_json(json, message); }, context); }, command);
    return json.take();
}

}  // namespace granary::sagas
