// One payment's book: what was asked of the provider, what it answered, and what may be asked next.
#include "command-side/domain/payments.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/limits.hpp"
#include "core/mutants.hpp"

namespace granary::payments {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

constexpr std::uint8_t method_max = 4;  // orders.PaymentMethod

Objection check_method(std::uint8_t method) {
    if (method >= 1 && method <= method_max) return {};
    return Refusal{RefusalCode::invalid, "/method", "is no payment method that is known here"};
}

Objection check_fields(const StartPaymentT& c) {
    return domain::first_of(domain::check_id(c.payment_id.value, "/payment_id"), domain::check_id(c.order_id.value, "/order_id"),
                            domain::check_money(c.amount, "/amount"), check_method(c.method), domain::check_token(c.token, "/token"));
}

Objection check_fields(const RecordAuthorizedT& c) {
    return domain::check_text(c.provider_reference, limits::external_reference_bytes_max, "/provider_reference");
}

Objection check_fields(const RequestRefundT& c) {
    if (auto wrong = domain::first_of(domain::check_id(c.refund_id.value, "/refund_id"), domain::check_money(c.amount, "/amount"))) return wrong;
    if (c.amount.minor == 0) return Refusal{RefusalCode::invalid, "/amount", "must be more than zero"};
    return domain::check_text(c.reason, limits::reason_bytes_max, "/reason");
}

// The others carry a required reason, an optional one, or nothing that can be wrong.
Objection check_fields(const RecordDeclinedT& c) { return domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"); }
Objection check_fields(const RequestCaptureT&) { return {}; }
Objection check_fields(const RecordCapturedT&) { return {}; }
Objection check_fields(const RecordCaptureFailedT& c) { return domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"); }
Objection check_fields(const RequestVoidT& c) { return domain::check_text(c.reason, limits::reason_bytes_max, "/reason"); }
Objection check_fields(const RecordVoidedT&) { return {}; }
Objection check_fields(const RecordRefundedT&) { return {}; }
Objection check_fields(const RecordRefundFailedT& c) { return domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"); }
Objection check_fields(const FailPaymentT& c) { return domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"); }

Decision nothing() { return std::vector<Event>(); }

template <class E>
Decision one(E event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    return events;
}

// The event with the ids of the command that causes it.
template <class E, class C>
E about(const C& c) {
    E event;
    event.payment_id = c.payment_id;
    event.order_id = c.order_id;
    return event;
}

template <class Refund>
const Refund* find(const std::vector<std::unique_ptr<Refund>>& refunds, RefundId id) {
    const auto found = std::ranges::find_if(refunds, [&](const auto& refund) { return refund->refund_id == id; });
    return found == refunds.end() ? nullptr : found->get();
}

std::int64_t open_refunds(const PaymentStateT& state) {
    std::int64_t sum = 0;
    for (const auto& refund : state.open_refunds) sum += refund->amount.minor;
    return sum;
}

bool holds_captured_money(PaymentStatus status) {
    return status == PaymentStatus::captured || status == PaymentStatus::refunding || status == PaymentStatus::partially_refunded ||
           status == PaymentStatus::refunded;
}

// Decides on a command whose own fields are in order, about a payment that exists (but for start).
struct Decider {
    const PaymentStateT& state;

    Decision operator()(const StartPaymentT& c) const;
    Decision operator()(const RecordAuthorizedT& c) const;
    Decision operator()(const RecordDeclinedT& c) const;
    Decision operator()(const RequestCaptureT& c) const;
    Decision operator()(const RecordCapturedT& c) const;
    Decision operator()(const RecordCaptureFailedT& c) const;
    Decision operator()(const RequestVoidT& c) const;
    Decision operator()(const RecordVoidedT& c) const;
    Decision operator()(const RequestRefundT& c) const;
    Decision operator()(const RecordRefundedT& c) const;
    Decision operator()(const RecordRefundFailedT& c) const;
    Decision operator()(const FailPaymentT& c) const;

    Decision not_allowed(std::string_view verb) const;
    Objection check_whole(const Money& amount) const;
    Decision refuse_refund(const RequestRefundT& c, const Money& earlier) const;
};

Decision Decider::not_allowed(std::string_view verb) const {
    return refuse(RefusalCode::illegal_transition, "", "a payment that is " + std::string(EnumNamePaymentStatus(state.status)) + " can't be " + std::string(verb));
}

// Money is authorized and captured whole.
Objection Decider::check_whole(const Money& amount) const {
    if (amount.currency != state.amount.currency) {
        return Refusal{RefusalCode::currency_mismatch, "/amount", "must be in " + text_of(state.amount.currency) + " like the payment"};
    }
    if (amount.minor > state.amount.minor) return Refusal{RefusalCode::amount_exceeded, "/amount", "is more than the payment's amount"};
    if (amount.minor < state.amount.minor) return Refusal{RefusalCode::invalid, "/amount", "is less than the payment's amount"};
    return {};
}

Decision Decider::operator()(const StartPaymentT& c) const {
    if (state.status != PaymentStatus::none) {
        if (state.order_id == c.order_id && state.amount == c.amount) return nothing();
        return refuse(RefusalCode::already_exists, "/payment_id", "there is another payment under this id");
    }
    auto event = about<PaymentStartedT>(c);
    event.customer = c.customer;
    event.amount = c.amount;
    event.method = c.method;
    event.token = c.token;
    return one(std::move(event));
}

Decision Decider::operator()(const RecordAuthorizedT& c) const {
    if (auto wrong = check_whole(c.amount)) return std::unexpected(std::move(*wrong));
    if (state.status == PaymentStatus::declined) return not_allowed("authorized");
    if (state.status != PaymentStatus::authorizing && !GRANARY_MUTANT(late_authorization_taken)) return nothing();
    auto event = about<PaymentAuthorizedT>(c);
    event.amount = c.amount;
    event.provider_reference = c.provider_reference;
    return one(std::move(event));
}

Decision Decider::operator()(const RecordDeclinedT& c) const {
    switch (state.status) {
        case PaymentStatus::authorizing: break;
        case PaymentStatus::declined:
        case PaymentStatus::failed:
        case PaymentStatus::voiding:
        case PaymentStatus::voided: return nothing();
        case PaymentStatus::none:
        case PaymentStatus::authorized:
        case PaymentStatus::capturing:
        case PaymentStatus::captured:
        case PaymentStatus::refunding:
        case PaymentStatus::partially_refunded:
        case PaymentStatus::refunded: return not_allowed("declined");
    }
    auto event = about<PaymentDeclinedT>(c);
    event.reason = c.reason;
    return one(std::move(event));
}

Decision Decider::operator()(const RequestCaptureT& c) const {
    if (state.status == PaymentStatus::capturing || holds_captured_money(state.status)) return nothing();
    if (state.status != PaymentStatus::authorized) return not_allowed("captured");
    auto event = about<CaptureRequestedT>(c);
    event.amount = state.amount;
    return one(std::move(event));
}

Decision Decider::operator()(const RecordCapturedT& c) const {
    if (auto wrong = check_whole(c.amount)) return std::unexpected(std::move(*wrong));
    if (holds_captured_money(state.status)) return nothing();
    // Authorized, voiding: a capture that was believed to have failed. The money is there all the same, so it is booked.
    const bool believable = state.status == PaymentStatus::capturing || state.status == PaymentStatus::authorized || state.status == PaymentStatus::voiding;
    if (!believable) return not_allowed("captured");
    auto event = about<PaymentCapturedT>(c);
    event.amount = c.amount;
    return one(std::move(event));
}

Decision Decider::operator()(const RecordCaptureFailedT& c) const {
    switch (state.status) {
        case PaymentStatus::capturing: break;
        case PaymentStatus::authorized:
        case PaymentStatus::voiding:
        case PaymentStatus::voided:
        case PaymentStatus::captured:
        case PaymentStatus::refunding:
        case PaymentStatus::partially_refunded:
        case PaymentStatus::refunded: return nothing();
        case PaymentStatus::none:
        case PaymentStatus::authorizing:
        case PaymentStatus::declined:
        case PaymentStatus::failed: return not_allowed("captured, so its capture can't fail either");
    }
    auto event = about<CaptureFailedT>(c);
    event.reason = c.reason;
    return one(std::move(event));
}

Decision Decider::operator()(const RequestVoidT& c) const {
    switch (state.status) {
        case PaymentStatus::authorizing:
        case PaymentStatus::authorized: break;
        case PaymentStatus::declined:
        case PaymentStatus::failed:
        case PaymentStatus::voiding:
        case PaymentStatus::voided: return nothing();
        case PaymentStatus::none:
        case PaymentStatus::capturing:
        case PaymentStatus::captured:
        case PaymentStatus::refunding:
        case PaymentStatus::partially_refunded:
        case PaymentStatus::refunded: return not_allowed("voided; refund it once it is captured");
    }
    auto event = about<VoidRequestedT>(c);
    event.reason = c.reason;
    return one(std::move(event));
}

Decision Decider::operator()(const RecordVoidedT& c) const {
    switch (state.status) {
        // Without our asking too: providers let authorizations lapse.
        case PaymentStatus::authorizing:
        case PaymentStatus::authorized:
        case PaymentStatus::voiding: break;
        case PaymentStatus::declined:
        case PaymentStatus::failed:
        case PaymentStatus::voided: return nothing();
        case PaymentStatus::none:
        case PaymentStatus::capturing:
        case PaymentStatus::captured:
        case PaymentStatus::refunding:
        case PaymentStatus::partially_refunded:
        case PaymentStatus::refunded: return not_allowed("voided");
    }
    return one(about<PaymentVoidedT>(c));
}

Decision Decider::refuse_refund(const RequestRefundT& c, const Money& earlier) const {
    if (earlier == c.amount) return nothing();
    return refuse(RefusalCode::already_exists, "/refund_id", "there is a refund of another amount under this id");
}

Decision Decider::operator()(const RequestRefundT& c) const {
    if (c.amount.currency != state.amount.currency) {
        return refuse(RefusalCode::currency_mismatch, "/amount", "must be in " + text_of(state.amount.currency) + " like the payment");
    }
    if (!holds_captured_money(state.status)) return not_allowed("refunded");
    if (const auto* open = find(state.open_refunds, c.refund_id)) return refuse_refund(c, open->amount);
    if (const auto* closed = find(state.closed_refunds, c.refund_id)) {
        if (closed->failed) return refuse(RefusalCode::already_exists, "/refund_id", "this refund failed; ask for another one");
        return refuse_refund(c, closed->amount);
    }
    const std::int64_t left = state.captured.minor - state.refunded.minor - open_refunds(state);
    if (c.amount.minor > left && !GRANARY_MUTANT(refunds_unbounded)) {
        return refuse(RefusalCode::amount_exceeded, "/amount", "only " + std::to_string(left) + " minor units are left to refund");
    }
    if (state.refund_count >= limits::refunds_per_payment_max) {
        return refuse(RefusalCode::limit_exceeded, "", "at most " + std::to_string(limits::refunds_per_payment_max) + " refunds of one payment");
    }
    auto event = about<RefundRequestedT>(c);
    event.refund_id = c.refund_id;
    event.amount = c.amount;
    event.reason = c.reason;
    return one(std::move(event));
}

Decision Decider::operator()(const RecordRefundedT& c) const {
    if (const auto* open = find(state.open_refunds, c.refund_id)) {
        auto event = about<PaymentRefundedT>(c);
        event.refund_id = c.refund_id;
        event.amount = open->amount;
        return one(std::move(event));
    }
    const auto* closed = find(state.closed_refunds, c.refund_id);
    if (closed == nullptr) return refuse(RefusalCode::not_found, "/refund_id", "this payment has no such refund");
    if (GRANARY_MUTANT(refund_counted_twice) && !closed->failed) {
        auto event = about<PaymentRefundedT>(c);
        event.refund_id = c.refund_id;
        event.amount = closed->amount;
        return one(std::move(event));
    }
    return closed->failed ? not_allowed("refunded by a refund that failed") : nothing();
}

Decision Decider::operator()(const RecordRefundFailedT& c) const {
    if (find(state.open_refunds, c.refund_id) != nullptr) {
        auto event = about<RefundFailedT>(c);
        event.refund_id = c.refund_id;
        event.reason = c.reason;
        return one(std::move(event));
    }
    const auto* closed = find(state.closed_refunds, c.refund_id);
    if (closed == nullptr) return refuse(RefusalCode::not_found, "/refund_id", "this payment has no such refund");
    return closed->failed ? nothing() : not_allowed("refused a refund that was paid");
}

Decision Decider::operator()(const FailPaymentT& c) const {
    switch (state.status) {
        case PaymentStatus::authorizing:
        case PaymentStatus::voiding: break;
        case PaymentStatus::declined:
        case PaymentStatus::voided:
        case PaymentStatus::failed: return nothing();
        case PaymentStatus::none:
        case PaymentStatus::authorized:
        case PaymentStatus::capturing:
        case PaymentStatus::captured:
        case PaymentStatus::refunding:
        case PaymentStatus::partially_refunded:
        case PaymentStatus::refunded: return not_allowed("marked as failed");
    }
    auto event = about<PaymentFailedT>(c);
    event.reason = c.reason;
    return one(std::move(event));
}

}  // namespace

std::expected<std::vector<Event>, Refusal> decide(const PaymentStateT& state, const Command& command, Time) {
    if (auto wrong = std::visit([](const auto& c) { return check_fields(c); }, command)) return std::unexpected(std::move(*wrong));
    const bool starts = std::holds_alternative<StartPaymentT>(command);
    const OrderId order = std::visit([](const auto& c) { return c.order_id; }, command);
    if (!starts && (state.status == PaymentStatus::none || state.order_id != order)) {
        return refuse(RefusalCode::not_found, "/payment_id", "this order has no such payment");
    }
    return std::visit(Decider{state}, command);
}

}  // namespace granary::payments
