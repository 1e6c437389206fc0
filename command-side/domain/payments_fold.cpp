// Folds a payment's events into its book, and says which events the book rules out.
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

auto find_open(const PaymentStateT& state, RefundId id) {
    return std::ranges::find_if(state.open_refunds, [&](const auto& refund) { return refund->refund_id == id; });
}

// 0 <= refunded <= captured <= amount, after each event.
struct Contradiction {
    const PaymentStateT& state;

    const char* operator()(const PaymentStartedT& e) const { return e.amount.minor < 0 ? "starts a payment of less than nothing" : nullptr; }
    const char* operator()(const PaymentCapturedT& e) const {
        if (e.amount.minor > state.amount.minor) return "captures more than the payment's amount";
        return e.amount.minor < state.refunded.minor ? "captures less than was refunded" : nullptr;
    }
    const char* operator()(const PaymentRefundedT& e) const {
        if (!is_open(e.refund_id)) return "ends a refund that is not open";
        const bool fits = e.amount.minor >= 0 && e.amount.minor <= state.captured.minor - state.refunded.minor;
        return fits ? nullptr : "refunds more than was captured";
    }
    const char* operator()(const RefundFailedT& e) const { return is_open(e.refund_id) ? nullptr : "ends a refund that is not open"; }
    const char* operator()(const PaymentAuthorizedT&) const { return nullptr; }
    const char* operator()(const PaymentDeclinedT&) const { return nullptr; }
    const char* operator()(const CaptureRequestedT&) const { return nullptr; }
    const char* operator()(const CaptureFailedT&) const { return nullptr; }
    const char* operator()(const VoidRequestedT&) const { return nullptr; }
    const char* operator()(const PaymentVoidedT&) const { return nullptr; }
    const char* operator()(const RefundRequestedT&) const { return nullptr; }
    const char* operator()(const PaymentFailedT&) const { return nullptr; }

    bool is_open(RefundId id) const { return find_open(state, id) != state.open_refunds.end(); }
};

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
        const auto open = find_open(state, id);
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

const char* contradiction(const PaymentStateT& state, const Event& event) { return std::visit(Contradiction{state}, event); }

void evolve(PaymentStateT& state, const Event& event) {
    GRANARY_CHECK(contradiction(state, event) == nullptr);
    std::visit(Folder{state}, event);
}

}  // namespace granary::payments
