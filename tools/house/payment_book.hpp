// What the house payment provider remembers of a payment, and its rules as pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/money.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace granary::house {

enum class PaymentStatus : std::uint8_t {
    unheard,  // only test tokens know of it; whoever asks is told that there is no such payment
    pending,
    authorized,
    declined,
    voided,
    captured,
};
std::string_view name_of(PaymentStatus status);

// What a test token asks for. A suffix from `:` on is ignored, so that each customer may have tokens of their own.
struct TokenPlan {
    bool decline = false;
    std::string reason;           // of the decline
    bool refuse_capture = false;
    bool decide_late = false;
    bool answer_slowly = false;
    bool never_answer = false;
    std::uint32_t lost_answers = 0;
    std::uint32_t failures = 0;
};
TokenPlan plan_of(std::string_view token);

struct BookedRefund {
    RefundId id;
    std::int64_t minor = 0;
    bool refunded = false;
    std::string reason;  // when it was not

    bool operator==(const BookedRefund&) const = default;
};

struct BookedPayment {
    PaymentId id;
    OrderId order;           // nil when it was voided before it was heard of
    Money amount;
    PaymentStatus status = PaymentStatus::unheard;
    std::string reference;   // the house's own id of the authorization
    std::string reason;      // of a decline
    bool refuses_capture = false;
    std::string decline_late;  // pending: the reason for which it will be declined; empty = it will be authorized
    std::uint32_t lost_answers_left = 0;
    std::uint32_t failures_left = 0;
    std::vector<BookedRefund> refunds;

    bool operator==(const BookedPayment&) const = default;
    std::int64_t refunded_minor() const;
    const BookedRefund* find(RefundId refund) const;
};

// Everything of it, as it is kept; corrupt when the text is none.
std::string text_of(const BookedPayment& payment);
Result<BookedPayment> parse_booked_payment(std::string_view text);
// As others are shown it: the JSON of docs/house.md.
std::string json_of(const BookedPayment& payment);
std::string json_of(const BookedPayment& payment, const BookedRefund& refund);

enum class PaymentChange : std::uint8_t { none, authorized, declined, captured, voided, refunded };

// How a call ends. The record it was decided on has been changed in place when `changed` is true.
struct PaymentVerdict {
    int status = 200;
    std::string_view code;        // of a problem; empty = the answer is the payment, or the refund
    std::string_view detail;
    bool changed = false;
    PaymentChange change = PaymentChange::none;
    enum class Manner : std::uint8_t { at_once, slowly, silent, never } manner = Manner::at_once;
    bool decide_late = false;
    std::string reason;           // of a capture that was refused
};

struct AuthorizationWish {
    PaymentId payment;
    OrderId order;
    Money amount;
    std::string_view token;
};

// `known` is what the book has, nullopt when nothing; it holds the payment afterwards. `number` makes the reference.
PaymentVerdict authorize(std::optional<BookedPayment>& known, const AuthorizationWish& wish, std::uint64_t number);
PaymentVerdict capture(BookedPayment& payment, Money amount);
PaymentVerdict give_up(std::optional<BookedPayment>& known, PaymentId id);
PaymentVerdict refund(BookedPayment& payment, RefundId id, Money amount);
// The late decision of a pending payment; nothing when it is no longer pending.
PaymentVerdict decide_late(BookedPayment& payment, std::uint64_t number);

}  // namespace granary::house
