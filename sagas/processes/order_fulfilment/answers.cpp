// What reaches the saga from outside its partition: answers of commands, timers, and operators' words.
#include <algorithm>
#include <string>

#include "core/limits.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"
#include "core/refusal.hpp"
#include "sagas/processes/order_fulfilment/turn.hpp"

namespace granary::sagas {
namespace {

using orders::OrderStatus;

// Exponential, capped, and spread by the event's id so that many orders don't come back at once.
Duration retry_delay(std::uint32_t attempts, EventId id) {
    const std::int64_t base = milliseconds(500).us << std::min<std::uint32_t>(attempts, 7);
    const auto spread = static_cast<std::int64_t>(id.value.lo % 1000);
    return {base / 2 + base * spread / 1000};
}

// Busy for now, or it waited so long for its turn that the reservation would have expired at once.
bool may_reserve_again(const Turn& t, const ActionT& action, RefusalCode code) {
    if (code == RefusalCode::too_many_reservations) return true;
    return code == RefusalCode::invalid && t.in.time >= action.caused_at + limits::reservation_time_limit;
}

void answer_reserve(Turn& t, StockLineT& line, const ActionT& action, bool accepted, RefusalCode code) {
    if (line.status != StockStatus::reserving) return;
    // The reservation's id is this order's and this SKU's alone: one that stands already is ours, from an earlier try.
    if (accepted || code == RefusalCode::already_exists) {
        line.status = StockStatus::reserved;
        // The timer starts with the first goods held, not with the order: a backlog before it costs nobody an order.
        if (t.is_forward() && !t.has_timer(Timer::reservation)) t.set_timer(Timer::reservation, limits::reservation_time_limit);
        return;
    }
    if (may_reserve_again(t, action, code) && line.attempts < limits::saga_attempts_max) {
        line.status = StockStatus::waiting;
        ++line.attempts;
        if (!t.has_timer(Timer::retry)) t.set_timer(Timer::retry, retry_delay(line.attempts, t.in.id));
        return;
    }
    line.status = StockStatus::refused;
    // Stock that was never received is out of stock as well.
    const bool lacking = code == RefusalCode::out_of_stock || code == RefusalCode::not_found;
    t.compensate(lacking ? name_of(RefusalCode::out_of_stock) : name_of(code));
}

void answer_commit(Turn& t, StockLineT& line, bool accepted) {
    if (line.status != StockStatus::committing) return;
    line.status = accepted ? StockStatus::committed : StockStatus::reserved;
    if (!accepted) t.compensate(name_of(RefusalCode::out_of_stock));
}

void answer_release(Turn& t, StockLineT& line, bool accepted, RefusalCode code) {
    if (line.status != StockStatus::releasing) return;
    const bool holds_nothing = accepted || code == RefusalCode::not_found || code == RefusalCode::reservation_closed;
    if (holds_nothing) {
        line.status = StockStatus::released;
    } else {
        t.park(Step::release, "a release was refused: " + std::string(name_of(code)));
    }
}

// Answers of the own partition are recorded only when no event of theirs will come: refused, or nothing left to do. The
// facts tell which; a step whose facts did not change is asked for again, a bounded number of times.
void answer_own(Turn& t, const ActionT& action, bool accepted, RefusalCode code) {
    if (accepted) return;
    if (action.step == Step::start_payment && t.s.payment->status == PaymentTryStatus::starting) {
        t.s.payment->status = PaymentTryStatus::closed;
        t.s.payment->token.clear();
    }
    if (action.step == Step::create_shipment && t.s.parcel->status == ParcelStatus::creating) {
        t.s.parcel->status = ParcelStatus::none;
        if (t.is_forward()) t.park(Step::create_shipment, "the shipment was refused: " + std::string(name_of(code)));
    }
    if (action.step == Step::refund && action.index < t.s.refunds.size()) {
        t.s.refunds[action.index]->status = RefundTryStatus::failed;
        // Staff gave some of it back first: what is left is asked for, now or when the event of theirs is here.
        if (code == RefusalCode::amount_exceeded) return;
        t.park(Step::refund, "the refund was refused: " + std::string(name_of(code)));
    }
    if (action.step == Step::capture && t.s.payment->status == PaymentTryStatus::authorized) t.compensate(name_of(code));
}

// A refused reserve may have been asked again, under the same id, by a runner that did not know of the refusal. What it
// then got is ours to use or to give back.
void late_answer(Turn& t, const order_fulfilment::AnswerRecordedT& answer) {
    if (answer.step != Step::reserve || !answer.accepted) return;
    for (auto& line : t.s.lines) {
        const bool thought_free = line->status == StockStatus::refused || line->status == StockStatus::waiting;
        if (line->sku == answer.sku && thought_free) line->status = StockStatus::reserved;
    }
}

}  // namespace

void fold_answer(Turn& turn, const order_fulfilment::AnswerRecordedT& answer) {
    const auto action = turn.take(answer.command_id);
    if (!action) return late_answer(turn, answer);
    if (action->kind != ActionKind::command) return;
    const auto code = static_cast<RefusalCode>(answer.refusal);
    if (is_of_own_partition(*action)) return answer_own(turn, *action, answer.accepted, code);
    if (action->index >= turn.s.lines.size()) return;
    auto& line = *turn.s.lines[action->index];
    if (action->step == Step::reserve) answer_reserve(turn, line, *action, answer.accepted, code);
    if (action->step == Step::commit_stock) answer_commit(turn, line, answer.accepted);
    if (action->step == Step::release) answer_release(turn, line, answer.accepted, code);
}

void fold_timer(Turn& turn, const order_fulfilment::TimerFiredT& fired) {
    const auto matches = [&](const auto& t) { return t->timer == fired.timer && t->due == fired.due; };
    if (std::ranges::none_of(turn.s.timers, matches)) return;  // set anew or cleared meanwhile
    turn.clear_timer(fired.timer);
    if (GRANARY_MUTANT(timers_ignored)) return;
    const auto payment = turn.s.payment->status;
    const bool secured = payment == PaymentTryStatus::capturing || payment == PaymentTryStatus::captured || turn.is_open(Step::capture);
    switch (fired.timer) {
        case Timer::none: return;
        case Timer::reservation:
            if (!secured) turn.compensate("reservation_timeout");
            return;
        case Timer::payment:
            if (secured || payment == PaymentTryStatus::authorized) return;
            GRANARY_MARK(undone_by_payment_timer);
            return turn.compensate("payment_timeout");
        case Timer::shipment:
            if (turn.is_forward() && is_with_carrier(turn.s.parcel->status) && !turn.is_open(Step::track_shipment)) turn.ask(Step::track_shipment, ActionKind::effect);
            return;
        case Timer::order: return turn.park(Step::none, "order_timeout");
        case Timer::retry:
            for (auto& line : turn.s.lines) {
                if (line->status == StockStatus::waiting) line->status = StockStatus::none;
            }
            return;
    }
}

void resume(Turn& turn) {
    for (std::uint32_t i = 0; i < turn.s.lines.size(); ++i) {
        auto& line = *turn.s.lines[i];
        if (line.status == StockStatus::releasing && !turn.is_open_at(Step::release, i)) line.status = StockStatus::reserved;
    }
    // Left by a program that counted a customer's payments against the saga's own tries.
    const bool never_asked = turn.s.payment && turn.s.payment->status == PaymentTryStatus::starting && !turn.is_open(Step::start_payment);
    if (never_asked) turn.s.payment->status = PaymentTryStatus::closed;
    if (!turn.s.parcel) return;
    auto& parcel = *turn.s.parcel;
    const bool lost = parcel.status == ParcelStatus::failed || parcel.status == ParcelStatus::cancelled;
    if (turn.is_forward() && lost) {
        const auto number = parcel.number;
        parcel = ParcelT{};
        parcel.number = number;
    }
    if (turn.is_forward() && !turn.has_timer(Timer::order)) turn.set_timer(Timer::order, limits::order_time_limit);
}

namespace {

void set_lines(FulfilmentStateT& state, StockStatus from, StockStatus also_from, StockStatus to) {
    for (auto& line : state.lines) {
        if (line->status == from || line->status == also_from) line->status = to;
    }
}

void skip_refunds(FulfilmentStateT& state) {
    if (const auto rest = refundable(state); rest > 0 && state.payment) {
        auto refund = std::make_unique<RefundTryT>();
        refund->payment_id = state.payment->payment_id;
        refund->refund_id = refund_id_of(refund->payment_id, static_cast<std::uint32_t>(state.refunds.size()) + 1);
        refund->amount = {rest, state.total.currency};
        state.refunds.push_back(std::move(refund));
    }
    for (auto& refund : state.refunds) {
        if (refund->status != RefundTryStatus::failed) refund->status = RefundTryStatus::refunded;
    }
}

void set_order(Turn& t, OrderStatus status) {
    if (t.s.order_status < static_cast<std::uint8_t>(status)) t.s.order_status = static_cast<std::uint8_t>(status);
}

}  // namespace

void skip_step(Turn& turn, Step step) {
    auto& s = turn.s;
    if (!s.payment || !s.parcel) return;
    turn.close(step);
    switch (step) {
        case Step::none:
        case Step::track_shipment: break;
        case Step::reserve: set_lines(s, StockStatus::reserving, StockStatus::waiting, StockStatus::reserved); break;
        case Step::commit_stock: set_lines(s, StockStatus::committing, StockStatus::reserved, StockStatus::committed); break;
        case Step::release: set_lines(s, StockStatus::releasing, StockStatus::releasing, StockStatus::released); break;
        case Step::start_payment:
        case Step::void_payment: s.payment->status = PaymentTryStatus::closed; break;
        case Step::authorize: s.payment->status = PaymentTryStatus::authorized; break;
        case Step::capture: s.payment->status = PaymentTryStatus::captured; break;
        case Step::mark_paid: set_order(turn, OrderStatus::paid); break;
        case Step::create_shipment:
        case Step::book_shipment: s.parcel->status = ParcelStatus::booked; break;
        case Step::mark_packed: set_order(turn, OrderStatus::packed); break;
        case Step::mark_shipped: set_order(turn, OrderStatus::shipped); break;
        case Step::mark_delivered: set_order(turn, OrderStatus::delivered); break;
        case Step::refund: skip_refunds(s); break;
        case Step::cancel_shipment: s.parcel->status = ParcelStatus::cancelled; break;
        case Step::fail_order: s.order_status = static_cast<std::uint8_t>(OrderStatus::failed); break;
    }
}

}  // namespace granary::sagas
