// The rules of the house's book under random calls: money balances, repetition changes nothing, text is faithful.
#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>

#include <rapidcheck.h>

#include "tests/tools/house/house_fixture.hpp"
#include "tools/house/payment_book.hpp"

using namespace granary;
using namespace granary::house;
using granary::tests::order;
using granary::tests::payment;
using granary::tests::refund_id;

namespace {

constexpr Currency gbp = currency("GBP");

// What the caller knows of one payment from the changes that it was told.
struct Ledger {
    std::int64_t authorized = 0, captured = 0, refunded = 0;
    bool voided = false;
};

struct Play {
    std::optional<BookedPayment> booked;
    Ledger ledger;
    std::uint64_t number = 0;

    PaymentVerdict call(int what, const std::string& token, std::int64_t minor, std::uint64_t refund_number) {
        switch (what) {
            case 0: return authorize(booked, {payment(1), order(1), {100, gbp}, token}, ++number);
            case 1: return give_up(booked, payment(1));
            case 2: return booked ? capture(*booked, {minor > 90 ? minor : 100, gbp}) : PaymentVerdict{};
            case 3: return booked ? refund(*booked, refund_id(refund_number), {minor, gbp}) : PaymentVerdict{};
            default: return booked ? decide_late(*booked, ++number) : PaymentVerdict{};
        }
    }

    void note(const PaymentVerdict& verdict) {
        if (verdict.change == PaymentChange::authorized) ledger.authorized += 100;
        if (verdict.change == PaymentChange::captured) ledger.captured += 100;
        if (verdict.change == PaymentChange::refunded) ledger.refunded += booked->refunds.back().minor;
        if (verdict.change == PaymentChange::voided) ledger.voided = true;
    }
};

}  // namespace

TEST_CASE("after any calls the changes that were told add up to the book") {
    CHECK(rc::check([] {
        const auto token = *rc::gen::element<std::string>("tok_accept", "tok_late", "tok_decline", "tok_decline_late", "tok_flaky", "tok_capture_declined",
                                                          "tok_lost_answer", "tok_nobody");
        Play play;
        for (int i = 0; i < 20; ++i) {
            const auto what = *rc::gen::inRange(0, 5);
            const auto minor = *rc::gen::inRange<std::int64_t>(0, 110);
            const auto refund_number = *rc::gen::inRange<std::uint64_t>(1, 5);
            const auto before = play.booked;
            const auto verdict = play.call(what, token, minor, refund_number);
            if (!verdict.changed) RC_ASSERT(play.booked == before);
            play.note(verdict);
            RC_ASSERT(play.ledger.authorized <= 100);
            RC_ASSERT(play.ledger.captured <= play.ledger.authorized);
            RC_ASSERT(play.ledger.refunded <= play.ledger.captured);
            RC_ASSERT(!(play.ledger.voided && play.ledger.captured > 0));
            if (!play.booked) continue;
            RC_ASSERT(play.booked->refunded_minor() == play.ledger.refunded);
            RC_ASSERT((play.booked->status == PaymentStatus::captured) == (play.ledger.captured == 100));
            const auto read = parse_booked_payment(text_of(*play.booked));
            RC_ASSERT(read.has_value());
            RC_ASSERT(*read == *play.booked);
        }
    }));
}

TEST_CASE("a call that is repeated at once changes nothing and gives the same status") {
    CHECK(rc::check([] {
        Play play;
        for (int i = 0; i < 10; ++i) {
            const auto what = *rc::gen::inRange(0, 4);
            const auto minor = *rc::gen::inRange<std::int64_t>(0, 110);
            const auto refund_number = *rc::gen::inRange<std::uint64_t>(1, 5);
            const auto first = play.call(what, "tok_accept", minor, refund_number);
            const auto after_first = play.booked;
            const auto second = play.call(what, "tok_accept", minor, refund_number);
            RC_ASSERT(play.booked == after_first);
            RC_ASSERT(second.change == PaymentChange::none);
            RC_ASSERT(second.status == first.status);
        }
    }));
}

TEST_CASE("a damaged record is not read as a payment") {
    std::optional<BookedPayment> booked;
    authorize(booked, {payment(1), order(1), {100, gbp}, "tok_accept"}, 1);
    REQUIRE(booked.has_value());
    const std::string text = text_of(*booked);
    CHECK(parse_booked_payment(text).has_value());
    CHECK_FALSE(parse_booked_payment(text.substr(0, text.size() - 1)).has_value());
    CHECK_FALSE(parse_booked_payment("").has_value());
    CHECK_FALSE(parse_booked_payment(R"({"payment_id":"pay_1"})").has_value());
}
