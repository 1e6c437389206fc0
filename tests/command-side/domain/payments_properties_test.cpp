// Random wishes and provider answers in any order against one payment: its book balances at every prefix.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "command-side/domain/payments.hpp"

using namespace granary;
using namespace granary::payments;

namespace {

struct Step {
    int what;
    std::int64_t minor;
    std::uint64_t refund;
};

std::ostream& operator<<(std::ostream& out, const Step& step) { return out << "{" << step.what << " " << step.minor << " " << step.refund << "}"; }

template <class C>
Command make(const Step& step) {
    C c;
    c.payment_id = PaymentId{{7, 7}};
    c.order_id = OrderId{{5, 6}};
    if constexpr (requires { c.amount; }) c.amount = {100, currency("GBP")};
    if constexpr (requires { c.refund_id; }) c.refund_id = RefundId{{1, step.refund}};
    if constexpr (requires { c.reason; }) c.reason = "because";
    if constexpr (requires { c.token; }) c.token = "tok_visa";
    if constexpr (std::is_same_v<C, RequestRefundT>) c.amount.minor = step.minor;
    return c;
}

Command command_of(const Step& step) {
    switch (step.what) {
        case 0: return make<StartPaymentT>(step);
        case 1: return make<RecordDeclinedT>(step);
        case 2: return make<RequestVoidT>(step);
        case 3: return make<RecordVoidedT>(step);
        case 4: return make<FailPaymentT>(step);
        case 5: return make<RecordCaptureFailedT>(step);
        case 6:
        case 7: return make<RecordAuthorizedT>(step);
        case 8:
        case 9: return make<RequestCaptureT>(step);
        case 10:
        case 11: return make<RecordCapturedT>(step);
        case 12: return make<RecordRefundFailedT>(step);
        case 13:
        case 14: return make<RecordRefundedT>(step);
        default: return make<RequestRefundT>(step);
    }
}

// Double entry over the events alone: what the provider holds for us against what customers have paid.
struct Ledger {
    std::int64_t provider = 0;  // debit: money at the provider
    std::int64_t sales = 0;     // credit: money taken, less what was given back
    int captures = 0;

    void post(const Event& event) {
        if (const auto* captured = std::get_if<PaymentCapturedT>(&event)) {
            provider += captured->amount.minor;
            sales += captured->amount.minor;
            ++captures;
        }
        if (const auto* refunded = std::get_if<PaymentRefundedT>(&event)) {
            provider -= refunded->amount.minor;
            sales -= refunded->amount.minor;
        }
    }
};

void check_book(const PaymentStateT& state, const Ledger& ledger) {
    std::int64_t open = 0;
    for (const auto& refund : state.open_refunds) open += refund->amount.minor;
    RC_ASSERT(state.refunded.minor >= 0);
    RC_ASSERT(state.refunded.minor + open <= state.captured.minor);
    RC_ASSERT(state.captured.minor <= state.amount.minor);
    RC_ASSERT(ledger.captures <= 1);
    RC_ASSERT(ledger.provider == ledger.sales);
    RC_ASSERT(ledger.provider == state.captured.minor - state.refunded.minor);
    if (state.status == PaymentStatus::voided || state.status == PaymentStatus::declined || state.status == PaymentStatus::failed) RC_ASSERT(state.captured.minor == 0);
}

rc::Gen<std::vector<Step>> steps() {
    return rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(rc::gen::set(&Step::what, rc::gen::inRange(0, 18)),
                                                                     rc::gen::set(&Step::minor, rc::gen::inRange<std::int64_t>(1, 120)),
                                                                     rc::gen::set(&Step::refund, rc::gen::inRange<std::uint64_t>(1, 5))));
}

}  // namespace

TEST_CASE("in any order of wishes and answers: captured >= refunded >= 0, one capture, debits equal credits") {
    const bool held = rc::check("the book balances", [] {
        PaymentStateT state;
        Ledger ledger;
        // The plain way is mixed in, so that most runs get as far as refunds.
        auto sequence = *steps();
        const std::vector<Step> plain{{0, 0, 0}, {6, 0, 0}, {8, 0, 0}, {10, 0, 0}};
        const auto at = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, std::min<std::size_t>(sequence.size(), 2) + 1));
        sequence.insert(sequence.begin() + at, plain.begin(), plain.end());
        for (const auto& step : sequence) {
            const auto decision = decide(state, command_of(step), Time{1});
            if (!decision) continue;
            for (const auto& event : *decision) {
                evolve(state, event);
                ledger.post(event);
            }
            check_book(state, ledger);
        }
        RC_CLASSIFY(state.refund_count > 0, "reached refunds");
    });
    CHECK(held);
}

TEST_CASE("whatever was accepted is silent when it is said again") {
    const bool held = rc::check("repeats are silent", [] {
        PaymentStateT state;
        const auto sequence = *steps();
        for (const auto& step : sequence) {
            const Command command = command_of(step);
            const auto decision = decide(state, command, Time{1});
            if (!decision) continue;
            for (const auto& event : *decision) evolve(state, event);
            const auto again = decide(state, command, Time{1});
            RC_ASSERT(again.has_value());
            RC_ASSERT(again->empty());
        }
    });
    CHECK(held);
}
