// Facts: what each event of the order's partition says about order, payment and shipment, whoever caused it.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/limits.hpp"
#include "sagas/processes/order_fulfilment/turn.hpp"

namespace granary::sagas {
namespace {

using orders::OrderStatus;

// -- order ---------------------------------------------------------------------------------------------------------

void sum_lines(FulfilmentStateT& state, const orders::OrderPlacedT& placed) {
    std::unordered_map<Sku, std::size_t> place_of;
    for (const auto& line : placed.lines) {
        const auto [place, is_new] = place_of.try_emplace(line->sku, state.lines.size());
        if (is_new) {
            auto sum = std::make_unique<StockLineT>();
            sum->sku = line->sku;
            sum->reservation_id = reservation_id_of(placed.order_id, line->sku);
            state.lines.push_back(std::move(sum));
        }
        state.lines[place->second]->quantity += line->quantity;
    }
}

void fold(Turn& t, const orders::OrderPlacedT& e) {
    if (t.s.phase != Phase::none) return;
    t.s.order_id = e.order_id;
    t.s.phase = Phase::forward;
    t.s.order_status = static_cast<std::uint8_t>(OrderStatus::created);
    t.s.placed_at = t.in.time;
    t.s.customer = e.customer;
    t.s.total = e.total;
    t.s.warehouse = e.warehouse;
    t.s.country = e.country;
    if (e.ship_to) t.s.ship_to = std::make_unique<wire::SealedT>(*e.ship_to);
    t.s.correlation = t.in.correlation;
    t.s.traceparent = t.in.traceparent;
    t.s.payment = std::make_unique<PaymentTryT>();
    t.s.parcel = std::make_unique<ParcelT>();
    t.s.pending_method = static_cast<std::uint8_t>(e.payment_method);
    t.s.pending_token.assign(e.payment_token.begin(), e.payment_token.end());
    t.s.paid_at_placing = !e.payment_token.empty();
    t.s.submissions = t.s.paid_at_placing ? 1 : 0;
    sum_lines(t.s, e);
    t.set_timer(Timer::order, limits::order_time_limit);
}

void fold(Turn& t, const orders::PaymentSubmittedT& e) {
    ++t.s.submissions;
    if (!t.is_forward()) return;
    t.s.pending_method = static_cast<std::uint8_t>(e.payment_method);
    t.s.pending_token.assign(e.payment_token.begin(), e.payment_token.end());
}

void reach(Turn& t, OrderStatus status, Step step) {
    t.s.order_status = static_cast<std::uint8_t>(status);
    t.close(step);
}

void fold(Turn& t, const orders::OrderPaidT&) { reach(t, OrderStatus::paid, Step::mark_paid); }
void fold(Turn& t, const orders::OrderPackedT&) { reach(t, OrderStatus::packed, Step::mark_packed); }
void fold(Turn& t, const orders::OrderShippedT&) { reach(t, OrderStatus::shipped, Step::mark_shipped); }
void fold(Turn& t, const orders::OrderDeliveredT&) { reach(t, OrderStatus::delivered, Step::mark_delivered); }
void fold(Turn& t, const orders::OrderCancelledT&) {
    reach(t, OrderStatus::cancelled, Step::fail_order);
    t.compensate("cancelled");
}
void fold(Turn& t, const orders::OrderFailedT& e) {
    reach(t, OrderStatus::failed, Step::fail_order);
    t.compensate(e.reason);
}

// An order goes its way whoever its buyer was; where an address is missing the carrier's port says so.
void fold(Turn&, const orders::BuyerErasureRequestedT&) {}
void fold(Turn&, const orders::BuyerErasedT&) {}

// -- payment: of the newest try; earlier ones are closed -------------------------------------------------------------

template <class PaymentEvent>
bool is_current(const Turn& t, const PaymentEvent& e) {
    return t.s.payment && t.s.payment->payment_id == e.payment_id && !e.payment_id.is_nil();
}

void close_payment_steps(Turn& t) {
    for (const Step step : {Step::start_payment, Step::authorize, Step::capture, Step::void_payment}) t.close(step);
}

void fold(Turn& t, const payments::PaymentStartedT& e) {
    if (!is_current(t, e)) return;
    t.close(Step::start_payment);
    t.s.payment->status = PaymentTryStatus::authorizing;
}

void fold(Turn& t, const payments::PaymentAuthorizedT& e) {
    if (!is_current(t, e)) return;
    t.close(Step::authorize);
    t.s.payment->status = PaymentTryStatus::authorized;
    t.s.payment->token.clear();
}

void fold(Turn& t, const payments::PaymentDeclinedT& e) {
    if (!is_current(t, e)) return;
    close_payment_steps(t);
    t.s.payment->status = PaymentTryStatus::closed;
    t.s.payment->token.clear();
}

void fold(Turn& t, const payments::CaptureRequestedT& e) {
    if (!is_current(t, e)) return;
    t.close(Step::capture, ActionKind::command);
    t.s.payment->status = PaymentTryStatus::capturing;
}

void fold(Turn& t, const payments::PaymentCapturedT& e) {
    if (!is_current(t, e)) return;
    close_payment_steps(t);
    t.s.payment->status = PaymentTryStatus::captured;
}

void fold(Turn& t, const payments::CaptureFailedT& e) {
    if (!is_current(t, e)) return;
    t.close(Step::capture);
    t.s.payment->status = PaymentTryStatus::capture_failed;
}

void fold(Turn& t, const payments::VoidRequestedT& e) {
    if (!is_current(t, e)) return;
    t.close(Step::void_payment, ActionKind::command);
    t.close(Step::authorize);
    t.s.payment->status = PaymentTryStatus::voiding;
    t.s.payment->token.clear();
}

void fold(Turn& t, const payments::PaymentVoidedT& e) {
    if (!is_current(t, e)) return;
    close_payment_steps(t);
    t.s.payment->status = PaymentTryStatus::closed;
}

void fold(Turn& t, const payments::PaymentFailedT& e) {
    if (!is_current(t, e)) return;
    close_payment_steps(t);
    t.s.payment->status = PaymentTryStatus::closed;
    t.s.payment->token.clear();
}

std::size_t place_of(const FulfilmentStateT& state, RefundId id) {
    const auto found = std::ranges::find_if(state.refunds, [&](const auto& r) { return r->refund_id == id; });
    return static_cast<std::size_t>(found - state.refunds.begin());
}

void fold(Turn& t, const payments::RefundRequestedT& e) {
    // Asked for after the end: what the order's own correlation was is not kept so long, and this is a matter of its own.
    if (t.s.correlation.is_nil()) {
        t.s.correlation = t.in.correlation;
        t.s.traceparent = t.in.traceparent;
    }
    const auto place = place_of(t.s, e.refund_id);
    if (place == t.s.refunds.size()) t.s.refunds.push_back(std::make_unique<RefundTryT>());
    auto& refund = *t.s.refunds[place];
    refund.refund_id = e.refund_id;
    refund.payment_id = e.payment_id;
    refund.amount = e.amount;
    refund.status = RefundTryStatus::refunding;
    t.close_at(Step::refund, static_cast<std::uint32_t>(place));
}

void end_refund(Turn& t, RefundId id, RefundTryStatus status) {
    const auto place = place_of(t.s, id);
    if (place == t.s.refunds.size()) return;
    t.s.refunds[place]->status = status;
    t.close_at(Step::refund, static_cast<std::uint32_t>(place));
}

void fold(Turn& t, const payments::PaymentRefundedT& e) { end_refund(t, e.refund_id, RefundTryStatus::refunded); }
void fold(Turn& t, const payments::RefundFailedT& e) {
    end_refund(t, e.refund_id, RefundTryStatus::failed);
    if (t.is_compensating()) t.park(Step::refund, "the provider refused the refund: " + e.reason);
}

// -- delivery ------------------------------------------------------------------------------------------------------

template <class ShipmentEvent>
bool is_parcel(const Turn& t, const ShipmentEvent& e) {
    return t.s.parcel && t.s.parcel->shipment_id == e.shipment_id && !e.shipment_id.is_nil();
}

void fold(Turn& t, const delivery::ShipmentCreatedT& e) {
    if (!is_parcel(t, e)) return;
    t.close(Step::create_shipment);
    t.s.parcel->status = ParcelStatus::created;
}

void fold(Turn& t, const delivery::ShipmentBookedT& e) {
    if (!is_parcel(t, e)) return;
    t.close(Step::book_shipment);
    t.s.parcel->tracking_number = e.tracking_number;
    if (t.s.parcel->status == ParcelStatus::created) t.s.parcel->status = ParcelStatus::booked;
}

ParcelStatus parcel_status_of(delivery::ShipmentStatus status) {
    switch (status) {
        case delivery::ShipmentStatus::packed: return ParcelStatus::packed;
        case delivery::ShipmentStatus::in_transit: return ParcelStatus::in_transit;
        case delivery::ShipmentStatus::delivered: return ParcelStatus::delivered;
        case delivery::ShipmentStatus::none:
        case delivery::ShipmentStatus::created:
        case delivery::ShipmentStatus::booked:
        case delivery::ShipmentStatus::failed:
        case delivery::ShipmentStatus::cancelling:
        case delivery::ShipmentStatus::cancelled: break;
    }
    return ParcelStatus::none;
}

void fold(Turn& t, const delivery::ShipmentProgressedT& e) {
    if (!is_parcel(t, e)) return;
    const ParcelStatus reached = parcel_status_of(e.status);
    if (reached == ParcelStatus::none) return;
    t.close(Step::book_shipment);  // who reports progress has booked it
    t.close(Step::track_shipment);
    if (reached >= ParcelStatus::in_transit) {
        t.s.parcel->left_house = true;
        t.close(Step::cancel_shipment);  // the cancellation has lost
    }
    const bool cancelling = t.s.parcel->status >= ParcelStatus::cancelling;
    if (cancelling ? reached >= ParcelStatus::in_transit : reached > t.s.parcel->status) t.s.parcel->status = reached;
}

void fold(Turn& t, const delivery::ShipmentFailedT& e) {
    if (!is_parcel(t, e)) return;
    t.close(Step::book_shipment);
    t.close(Step::cancel_shipment);
    t.close(Step::track_shipment);
    t.s.parcel->status = ParcelStatus::failed;
}

void fold(Turn& t, const delivery::ShipmentCancelRequestedT& e) {
    if (!is_parcel(t, e)) return;
    t.close(Step::cancel_shipment, ActionKind::command);
    t.close(Step::book_shipment);
    t.close(Step::track_shipment);
    t.s.parcel->status = ParcelStatus::cancelling;
}

void fold(Turn& t, const delivery::ShipmentCancelledT& e) {
    if (!is_parcel(t, e)) return;
    t.close(Step::book_shipment);
    t.close(Step::cancel_shipment);
    t.close(Step::track_shipment);
    t.s.parcel->status = ParcelStatus::cancelled;
}

// -- the saga's own stream -----------------------------------------------------------------------------------------

void unpark(Turn& t) {
    t.s.parked = false;
    t.s.parked_step = Step::none;
    t.s.parked_reason.clear();
    t.close_parking();
    t.reset_tries();
}

void fold(Turn& t, const order_fulfilment::AnswerRecordedT& e) { fold_answer(t, e); }
void fold(Turn& t, const order_fulfilment::TimerFiredT& e) { fold_timer(t, e); }

void fold(Turn& t, const order_fulfilment::InstanceParkedT& e) {
    t.s.parked = true;
    ++t.s.parks;
    t.s.parked_step = e.step;
    t.s.parked_reason = e.reason;
}

void fold(Turn& t, const order_fulfilment::InstanceRetriedT&) {
    unpark(t);
    resume(t);
}

void fold(Turn& t, const order_fulfilment::StepSkippedT& e) {
    unpark(t);
    skip_step(t, e.step);
}

void fold(Turn& t, const order_fulfilment::CompensationRequestedT& e) {
    unpark(t);
    t.compensate(e.reason);
    resume(t);
}

// -- contexts whose streams live elsewhere: never an input -----------------------------------------------------------

template <class Context>
constexpr bool lives_elsewhere =
    std::is_same_v<Context, inventory::Event> || std::is_same_v<Context, catalog::Event> || std::is_same_v<Context, customers::Event> ||
    std::is_same_v<Context, invoices::Event> || std::is_same_v<Context, customer_erasure::Event> || std::is_same_v<Context, access::Event>;

}  // namespace

void fold_event(Turn& turn) {
    std::visit(
        [&](const auto& context) {
            if constexpr (!lives_elsewhere<std::decay_t<decltype(context)>>) {
                std::visit([&](const auto& event) { fold(turn, event); }, context);
            }
        },
        turn.in.event);
}

}  // namespace granary::sagas
