// Folds a payment's events into its book; the amounts of the book are checked after each.
#include <algorithm>
#include <memory>
#include <utility>

#include "command-side/domain/payments.hpp"
#include "core/check.hpp"

namespace granary::payments {
namespace {

// Of captured money: what the refunds, open and done, make of it.
PaymentStatus status_of_captured(const PaymentStateT& state) {
    if (state.refunded.minor == state.captured.minor && state.refunded.minor > 0) return PaymentStatus::refunded;
    if (!state.open_refunds.empty()) return PaymentStatus::refunding;
    return state.refunded.minor > 0 ? PaymentStatus::partially_refunded : PaymentStatus::captured;
}

struct Folder {
    PaymentStateT& state;

    void operator()(const PaymentStartedT& e) const {
        state.payment_id = e.payment_id;
        state.order_id = e.order_id;
        state.status = PaymentStatus::authorizing;
        state.amount = e.amount;
        state.captured = {0, e.amount.currency};
        state.refunded = {0, e.amount.currency};
    }
    void operator()(const PaymentAuthorizedT&) const { state.status = PaymentStatus::authorized; }
    void operator()(const PaymentDeclinedT&) const { state.status = PaymentStatus::declined; }
    void operator()(const CaptureRequestedT&) const { state.status = PaymentStatus::capturing; }
    void operator()(const PaymentCapturedT& e) const {
        state.captured = e.amount;
        state.status = PaymentStatus::captured;
    }
    void operator()(const CaptureFailedT&) const { state.status = PaymentStatus::authorized; }
    void operator()(const VoidRequestedT&) const { state.status = PaymentStatus::voiding; }
    void operator()(const PaymentVoidedT&) const { state.status = PaymentStatus::voided; }
    void operator()(const RefundRequestedT& e) const {
        auto refund = std::make_unique<OpenRefundT>();
        refund->refund_id = e.refund_id;
        refund->amount = e.amount;
        state.open_refunds.push_back(std::move(refund));
        ++state.refund_count;
        state.status = status_of_captured(state);
    }
    void operator()(const PaymentRefundedT& e) const {
        state.refunded.minor += e.amount.minor;
        close(e.refund_id, false);
    }
    void operator()(const RefundFailedT& e) const { close(e.refund_id, true); }
    void operator()(const PaymentFailedT&) const { state.status = PaymentStatus::failed; }

    void close(RefundId id, bool failed) const {
        const auto open = std::ranges::find_if(state.open_refunds, [&](const auto& refund) { return refund->refund_id == id; });
        GRANARY_CHECK(open != state.open_refunds.end());
        auto closed = std::make_unique<ClosedRefundT>();
        closed->refund_id = id;
        closed->amount = (*open)->amount;
        closed->failed = failed;
        state.closed_refunds.push_back(std::move(closed));
        state.open_refunds.erase(open);
        state.status = status_of_captured(state);
    }
};

}  // namespace

void evolve(PaymentStateT& state, const Event& event) {
    std::visit(Folder{state}, event);
    GRANARY_CHECK(state.refunded.minor >= 0 && state.refunded.minor <= state.captured.minor && state.captured.minor <= state.amount.minor);
}

}  // namespace granary::payments
