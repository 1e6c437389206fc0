// The way back: gives up or refunds the money, cancels the shipment, frees the goods, and then ends the order.
#include "core/marks.hpp"
#include "core/mutants.hpp"
#include "sagas/processes/order_fulfilment/turn.hpp"

namespace granary::sagas {
namespace {

using orders::OrderStatus;

// Each returns true when nothing of its kind is held any more.

bool settle_parcel(Turn& t) {
    auto& parcel = *t.s.parcel;
    switch (parcel.status) {
        case ParcelStatus::none:
        case ParcelStatus::cancelled:
        case ParcelStatus::failed: return true;
        case ParcelStatus::in_transit:
        case ParcelStatus::delivered: return true;  // gone: the money goes back, the goods come back by hand
        case ParcelStatus::creating: return false;  // its answer comes; then it is cancelled
        case ParcelStatus::created:
        case ParcelStatus::booked:
        case ParcelStatus::packed:
            if (GRANARY_MUTANT(parcel_not_stopped)) return true;
            if (t.is_open(Step::cancel_shipment)) return false;
            GRANARY_MARK(undone_from_parcel);
            t.ask(Step::cancel_shipment);
            return false;
        case ParcelStatus::cancelling:
            if (!t.is_open(Step::cancel_shipment)) t.ask(Step::cancel_shipment, ActionKind::effect);
            return false;
    }
    return true;
}

bool settle_refunds(Turn& t) {
    bool under_way = false;
    for (const auto& refund : t.s.refunds) {
        if (refund->status == RefundTryStatus::asked || refund->status == RefundTryStatus::refunding) under_way = true;
    }
    if (under_way) return false;
    const auto rest = refundable(t.s);
    if (rest <= 0 || GRANARY_MUTANT(money_kept)) return true;
    GRANARY_MARK(undone_from_capture);
    auto refund = std::make_unique<RefundTryT>();
    refund->payment_id = t.s.payment->payment_id;
    const auto number = static_cast<std::uint32_t>(t.s.refunds.size());
    refund->refund_id = refund_id_of(refund->payment_id, number + 1);
    refund->amount = {rest, t.s.total.currency};
    refund->status = RefundTryStatus::asked;
    t.s.refunds.push_back(std::move(refund));
    t.ask(Step::refund, ActionKind::command, number);
    return false;
}

bool settle_money(Turn& t) {
    switch (t.s.payment->status) {
        case PaymentTryStatus::none:
        case PaymentTryStatus::closed: return true;
        case PaymentTryStatus::starting: return false;
        case PaymentTryStatus::authorizing:
        case PaymentTryStatus::authorized:
        case PaymentTryStatus::capture_failed:
            // A capture that was asked for is answered first: captured money is refunded, never voided.
            if (GRANARY_MUTANT(authorization_kept)) return true;
            if (t.is_open(Step::void_payment) || t.is_open(Step::capture)) return false;
            GRANARY_MARK(undone_from_authorization);
            t.ask(Step::void_payment);
            return false;
        case PaymentTryStatus::capturing:
            if (!t.is_open(Step::capture)) t.ask(Step::capture, ActionKind::effect);
            return false;
        case PaymentTryStatus::captured: return settle_refunds(t);
        case PaymentTryStatus::voiding:
            if (!t.is_open(Step::void_payment)) t.ask(Step::void_payment, ActionKind::effect);
            return false;
    }
    return true;
}

bool settle_line(Turn& t, std::uint32_t index, bool parcel_settled) {
    auto& line = *t.s.lines[index];
    switch (line.status) {
        case StockStatus::none: line.status = StockStatus::released; return true;
        case StockStatus::released: return true;
        case StockStatus::releasing: return false;
        // A refusal is not the last word on a reserve that was sent more than once: the other one may still come, and find stock.
        // The release is recorded before it, and refuses it.
        case StockStatus::waiting:
        case StockStatus::refused:
        case StockStatus::reserving:
        case StockStatus::reserved:
        case StockStatus::committing:
        case StockStatus::committed: break;
    }
    if (!parcel_settled && !GRANARY_MUTANT(goods_freed_first)) return false;
    if (t.s.parcel->left_house) {
        GRANARY_MARK(goods_gone_for_good);
        return true;
    }
    // An open reserve or commit loses against the release, whichever comes first.
    GRANARY_MARK_WHEN(undone_from_reserving, t.is_open_at(Step::reserve, index));
    GRANARY_MARK_WHEN(undone_from_committing, t.is_open_at(Step::commit_stock, index));
    t.close_at(Step::reserve, index);
    t.close_at(Step::commit_stock, index);
    line.status = StockStatus::releasing;
    t.ask(Step::release, ActionKind::command, index);
    return false;
}

bool settle_stock(Turn& t, bool parcel_settled) {
    bool settled = true;
    for (std::uint32_t i = GRANARY_MUTANT(first_line_kept) ? 1 : 0; i < t.s.lines.size(); ++i) {
        if (!settle_line(t, i, parcel_settled)) settled = false;
    }
    return settled;
}

}  // namespace

std::int64_t refundable(const FulfilmentStateT& state) {
    if (!state.payment || state.payment->status != PaymentTryStatus::captured) return 0;
    std::int64_t rest = state.total.minor;
    for (const auto& refund : state.refunds) {
        if (refund->payment_id == state.payment->payment_id && refund->status != RefundTryStatus::failed) rest -= refund->amount.minor;
    }
    return rest;
}

void advance_compensation(Turn& turn) {
    const bool parcel = settle_parcel(turn);
    const bool money = settle_money(turn);
    const bool stock = settle_stock(turn, parcel);
    if (!parcel || !money || !stock || turn.is_open(Step::fail_order)) return;
    const auto status = turn.order_status();
    if (status == OrderStatus::created || status == OrderStatus::paid) return turn.ask(Step::fail_order);
    // A packed order can't be taken back by itself any more: its status stays, its money and goods are settled.
    if (turn.s.open.empty()) turn.s.phase = Phase::compensated;
}

}  // namespace granary::sagas
