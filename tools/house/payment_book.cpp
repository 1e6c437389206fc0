// The rules: one state machine per payment, idempotent by the payment's and the refund's id.
#include "tools/house/payment_book.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "core/limits.hpp"

namespace granary::house {
namespace {

using Manner = PaymentVerdict::Manner;

struct NamedPlan {
    std::string_view token;
    TokenPlan (*plan)();
};

constexpr std::array plans{
    NamedPlan{"tok_accept", [] { return TokenPlan{}; }},
    NamedPlan{"tok_decline", [] { return TokenPlan{.decline = true, .reason = "card_declined"}; }},
    NamedPlan{"tok_timeout", [] { return TokenPlan{.reason = {}, .never_answer = true}; }},
    // Twice, for a client may send a lost call once more by itself.
    NamedPlan{"tok_lost_answer", [] { return TokenPlan{.reason = {}, .lost_answers = 2}; }},
    NamedPlan{"tok_late", [] { return TokenPlan{.reason = {}, .decide_late = true}; }},
    NamedPlan{"tok_decline_late", [] { return TokenPlan{.decline = true, .reason = "card_declined", .decide_late = true}; }},
    NamedPlan{"tok_flaky", [] { return TokenPlan{.reason = {}, .failures = 2}; }},
    NamedPlan{"tok_capture_declined", [] { return TokenPlan{.reason = {}, .refuse_capture = true}; }},
    NamedPlan{"tok_slow", [] { return TokenPlan{.reason = {}, .answer_slowly = true}; }},
};

PaymentVerdict refusal(int status, std::string_view code, std::string_view detail) {
    return {.status = status, .code = code, .detail = detail, .reason = {}};
}

std::string reference_of(std::uint64_t number) { return "hp_auth_" + std::to_string(number); }

// A repeated authorization: whether it holds, as the first answer said, unless it was voided since.
int answer_status(PaymentStatus status) {
    switch (status) {
        case PaymentStatus::authorized:
        case PaymentStatus::captured: return 201;
        case PaymentStatus::pending: return 202;
        case PaymentStatus::declined: return 402;
        case PaymentStatus::voided: return 409;
        case PaymentStatus::unheard: break;
    }
    return 500;
}

PaymentVerdict begin(BookedPayment& payment, const TokenPlan& plan, std::uint64_t number) {
    payment.refuses_capture = plan.refuse_capture;
    payment.lost_answers_left = plan.lost_answers;
    PaymentVerdict verdict{.detail = {}, .changed = true, .reason = {}};
    if (plan.decide_late) {
        payment.status = PaymentStatus::pending;
        payment.decline_late = plan.reason;
        verdict.decide_late = true;
    } else if (plan.decline) {
        payment.status = PaymentStatus::declined;
        payment.reason = plan.reason;
        verdict.change = PaymentChange::declined;
    } else {
        payment.status = PaymentStatus::authorized;
        payment.reference = reference_of(number);
        verdict.change = PaymentChange::authorized;
    }
    verdict.status = answer_status(payment.status);
    if (plan.answer_slowly) verdict.manner = Manner::slowly;
    return verdict;
}

// The test token's wish that answers get lost, on the first call and on the ones after it.
void lose_answer(BookedPayment& payment, PaymentVerdict& verdict) {
    if (payment.lost_answers_left == 0) return;
    --payment.lost_answers_left;
    verdict.changed = true;
    verdict.manner = Manner::silent;
}

}  // namespace

std::string_view name_of(PaymentStatus status) {
    switch (status) {
        case PaymentStatus::unheard: return "unheard";
        case PaymentStatus::pending: return "pending";
        case PaymentStatus::authorized: return "authorized";
        case PaymentStatus::declined: return "declined";
        case PaymentStatus::voided: return "voided";
        case PaymentStatus::captured: return "captured";
    }
    return "unheard";
}

TokenPlan plan_of(std::string_view token) {
    const auto name = token.substr(0, token.find(':'));
    const auto* const found = std::ranges::find(plans, name, &NamedPlan::token);
    return found != plans.end() ? found->plan() : TokenPlan{.decline = true, .reason = "invalid_token"};
}

std::int64_t BookedPayment::refunded_minor() const {
    return std::accumulate(refunds.begin(), refunds.end(), std::int64_t{0},
                           [](std::int64_t sum, const BookedRefund& one) { return sum + (one.refunded ? one.minor : 0); });
}

const BookedRefund* BookedPayment::find(RefundId refund) const {
    const auto found = std::ranges::find(refunds, refund, &BookedRefund::id);
    return found != refunds.end() ? &*found : nullptr;
}

PaymentVerdict authorize(std::optional<BookedPayment>& known, const AuthorizationWish& wish, std::uint64_t number) {
    const TokenPlan plan = plan_of(wish.token);
    const bool tombstone = known && known->order.is_nil();
    if (known && !tombstone && (known->order != wish.order || known->amount != wish.amount))
        return refusal(422, "key_reused", "this payment was asked for with another order or amount");
    if (!known && plan.never_answer) return {.detail = {}, .manner = Manner::never, .reason = {}};
    if (!known) {
        known = BookedPayment{.id = wish.payment, .order = wish.order, .amount = wish.amount, .reference = {}, .reason = {}, .decline_late = {}, .refunds = {}};
        known->failures_left = plan.failures;
    }
    if (known->failures_left > 0) {
        --known->failures_left;
        PaymentVerdict verdict = refusal(500, "internal", "the house had an accident on purpose");
        verdict.changed = true;
        return verdict;
    }
    PaymentVerdict verdict{.detail = {}, .reason = {}};
    if (known->status == PaymentStatus::unheard) verdict = begin(*known, plan, number);
    else verdict.status = answer_status(known->status);
    lose_answer(*known, verdict);
    return verdict;
}

PaymentVerdict capture(BookedPayment& payment, Money amount) {
    if (payment.status == PaymentStatus::unheard) return refusal(404, "not_found", "there is no such payment");
    PaymentVerdict verdict{.detail = {}, .reason = {}};
    if (payment.status == PaymentStatus::captured || payment.status == PaymentStatus::authorized) {
        if (amount != payment.amount) return refusal(422, "wrong_amount", "only the whole amount can be captured");
        if (payment.status == PaymentStatus::captured) return verdict;
    }
    if (payment.status != PaymentStatus::authorized) {
        verdict.status = 409;
        return verdict;
    }
    if (payment.refuses_capture) {
        verdict.status = 402;
        verdict.reason = "capture_declined";
        return verdict;
    }
    payment.status = PaymentStatus::captured;
    verdict.changed = true;
    verdict.change = PaymentChange::captured;
    return verdict;
}

PaymentVerdict give_up(std::optional<BookedPayment>& known, PaymentId id) {
    PaymentVerdict verdict{.detail = {}, .reason = {}};
    if (known && known->status == PaymentStatus::voided) return verdict;
    if (known && (known->status == PaymentStatus::declined || known->status == PaymentStatus::captured)) {
        verdict.status = 409;
        return verdict;
    }
    if (!known) known = BookedPayment{.id = id, .order = {}, .amount = {}, .reference = {}, .reason = {}, .decline_late = {}, .refunds = {}};
    // Of what never was held nobody need be told; the order of an unheard one is not known to the house either.
    const bool held = known->status == PaymentStatus::authorized || known->status == PaymentStatus::pending;
    known->status = PaymentStatus::voided;
    known->failures_left = 0;
    verdict.changed = true;
    if (held) verdict.change = PaymentChange::voided;
    return verdict;
}

PaymentVerdict refund(BookedPayment& payment, RefundId id, Money amount) {
    if (payment.status == PaymentStatus::unheard) return refusal(404, "not_found", "there is no such payment");
    PaymentVerdict verdict{.status = 201, .detail = {}, .reason = {}};
    if (const BookedRefund* first = payment.find(id)) {
        const bool other_currency = !payment.order.is_nil() && amount.currency != payment.amount.currency;
        if (first->minor != amount.minor || other_currency)
            return refusal(422, "key_reused", "this refund was asked for with another amount");
        verdict.status = first->refunded ? 201 : 402;
        return verdict;
    }
    if (payment.refunds.size() >= limits::refunds_per_payment_max) return refusal(422, "too_many_refunds", "this payment has too many refunds");
    if (payment.status == PaymentStatus::captured && amount.currency != payment.amount.currency)
        return refusal(422, "wrong_amount", "the refund is in another currency than the payment");
    BookedRefund booked{.id = id, .minor = amount.minor, .reason = {}};
    if (payment.status != PaymentStatus::captured) booked.reason = "not_captured";
    else if (amount.minor > payment.amount.minor - payment.refunded_minor()) booked.reason = "exceeds_captured";
    else booked.refunded = true;
    verdict.status = booked.refunded ? 201 : 402;
    verdict.changed = true;
    if (booked.refunded) verdict.change = PaymentChange::refunded;
    payment.refunds.push_back(std::move(booked));
    return verdict;
}

PaymentVerdict decide_late(BookedPayment& payment, std::uint64_t number) {
    PaymentVerdict verdict{.detail = {}, .reason = {}};
    if (payment.status != PaymentStatus::pending) return verdict;
    verdict.changed = true;
    if (payment.decline_late.empty()) {
        payment.status = PaymentStatus::authorized;
        payment.reference = reference_of(number);
        verdict.change = PaymentChange::authorized;
    } else {
        payment.status = PaymentStatus::declined;
        payment.reason = payment.decline_late;
        verdict.change = PaymentChange::declined;
    }
    return verdict;
}

}  // namespace granary::house
