// The way forward: reserve, authorize, commit stock, capture, mark paid, ship. Looks at the facts and asks for what is
// missing and not asked for yet.
#include <algorithm>

#include "core/limits.hpp"
#include "core/mutants.hpp"
#include "sagas/processes/order_fulfilment/turn.hpp"

namespace granary::sagas {
namespace {

using orders::OrderStatus;

// Moves every line from one status to the next and asks for it.
void ask_lines(Turn& t, StockStatus from, StockStatus to, Step step) {
    for (std::uint32_t i = 0; i < t.s.lines.size(); ++i) {
        if (t.s.lines[i]->status != from) continue;
        t.s.lines[i]->status = to;
        t.ask(step, ActionKind::command, i);
    }
}

bool all_lines(const Turn& t, StockStatus at_least) {
    return std::ranges::all_of(t.s.lines, [&](const auto& line) { return line->status >= at_least && line->status <= StockStatus::committed; });
}

void start_payment(Turn& t) {
    auto& payment = *t.s.payment;
    payment = PaymentTryT{};
    payment.number = t.s.submissions;
    payment.payment_id = payment_id_of(t.s.order_id, payment.number);
    payment.status = PaymentTryStatus::starting;
    payment.method = t.s.pending_method;
    payment.token.swap(t.s.pending_token);
    t.ask(Step::start_payment);
    t.set_timer(Timer::payment, limits::payment_time_limit);
}

// A token given at placing was the only one promised; without one the customer may go on trying until the timer.
void next_payment(Turn& t) {
    if (!t.s.pending_token.empty()) return start_payment(t);
    const bool declined = t.s.payment->status == PaymentTryStatus::closed;
    if (declined && t.s.paid_at_placing) return t.compensate("payment_declined");
    if (!t.has_timer(Timer::payment)) t.set_timer(Timer::payment, limits::payment_time_limit);
}

void commit_and_capture(Turn& t) {
    t.clear_timer(Timer::payment);
    ask_lines(t, StockStatus::reserved, StockStatus::committing, Step::commit_stock);
    if (!all_lines(t, StockStatus::committed) || t.is_open(Step::capture)) return;
    t.clear_timer(Timer::reservation);
    t.ask(Step::capture);
}

void secure_money(Turn& t) {
    switch (t.s.payment->status) {
        case PaymentTryStatus::none:
        case PaymentTryStatus::closed: return next_payment(t);
        case PaymentTryStatus::starting: return;
        case PaymentTryStatus::authorizing:
            if (t.s.payment->reached_provider) return;
            t.s.payment->reached_provider = true;
            return t.ask(Step::authorize, ActionKind::effect);
        case PaymentTryStatus::authorized: return commit_and_capture(t);
        case PaymentTryStatus::capturing:
            if (!t.is_open(Step::capture)) t.ask(Step::capture, ActionKind::effect);
            return;
        case PaymentTryStatus::captured: return;
        case PaymentTryStatus::voiding:
            if (!t.is_open(Step::void_payment)) t.ask(Step::void_payment, ActionKind::effect);
            return;
        case PaymentTryStatus::capture_failed: return t.compensate("capture_failed");
    }
}

// Packed, shipped and delivered follow the carrier's word, one step at a time; staff may have been quicker.
void follow_parcel(Turn& t) {
    const auto parcel = t.s.parcel->status;
    const auto order = t.order_status();
    if (order == OrderStatus::paid && parcel >= ParcelStatus::packed && parcel <= ParcelStatus::delivered) {
        if (!t.is_open(Step::mark_packed)) t.ask(Step::mark_packed);
    } else if (order == OrderStatus::packed && (parcel == ParcelStatus::in_transit || parcel == ParcelStatus::delivered)) {
        if (!t.is_open(Step::mark_shipped)) t.ask(Step::mark_shipped);
    } else if (order == OrderStatus::shipped && parcel == ParcelStatus::delivered) {
        if (!t.is_open(Step::mark_delivered)) t.ask(Step::mark_delivered);
    }
}

// A carrier's callback may get lost for good: when it has been silent for long, it is asked.
void watch_parcel(Turn& t) {
    if (!is_with_carrier(t.s.parcel->status)) return t.clear_timer(Timer::shipment);
    if (GRANARY_MUTANT(silent_carrier_believed)) return;
    if (!t.has_timer(Timer::shipment) && !t.is_open(Step::track_shipment)) t.set_timer(Timer::shipment, limits::shipment_silence_max);
}

void create_shipment(Turn& t) {
    auto& parcel = *t.s.parcel;
    ++parcel.number;
    parcel.shipment_id = shipment_id_of(t.s.order_id, parcel.number);
    parcel.status = ParcelStatus::creating;
    t.ask(Step::create_shipment);
}

void ship(Turn& t) {
    auto& parcel = *t.s.parcel;
    switch (parcel.status) {
        case ParcelStatus::none: return create_shipment(t);
        case ParcelStatus::creating: return;
        case ParcelStatus::created:
            if (parcel.reached_carrier) return;
            parcel.reached_carrier = true;
            return t.ask(Step::book_shipment, ActionKind::effect);
        case ParcelStatus::booked:
        case ParcelStatus::packed:
        case ParcelStatus::in_transit:
        case ParcelStatus::delivered:
            watch_parcel(t);
            return follow_parcel(t);
        case ParcelStatus::cancelling:
            if (!t.is_open(Step::cancel_shipment)) t.ask(Step::cancel_shipment, ActionKind::effect);
            return;
        case ParcelStatus::cancelled:
        case ParcelStatus::failed: return t.park(Step::book_shipment, "the shipment failed or was cancelled");
    }
}

}  // namespace

bool is_with_carrier(ParcelStatus status) { return status >= ParcelStatus::booked && status < ParcelStatus::delivered; }

void advance_refunds(Turn& turn) {
    for (std::uint32_t i = 0; i < turn.s.refunds.size(); ++i) {
        if (turn.s.refunds[i]->status == RefundTryStatus::refunding && !turn.is_open_at(Step::refund, i)) turn.ask(Step::refund, ActionKind::effect, i);
    }
}

void advance_forward(Turn& turn) {
    ask_lines(turn, StockStatus::none, StockStatus::reserving, Step::reserve);
    if (!all_lines(turn, StockStatus::reserved)) return;
    if (turn.s.payment->status != PaymentTryStatus::captured) return secure_money(turn);
    if (turn.order_status() == OrderStatus::created) {
        if (!turn.is_open(Step::mark_paid)) turn.ask(Step::mark_paid);
        return;
    }
    if (turn.order_status() == OrderStatus::delivered) {
        if (turn.s.open.empty()) turn.s.phase = Phase::completed;
        return;
    }
    ship(turn);
}

}  // namespace granary::sagas
