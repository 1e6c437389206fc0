// Orders that end early, step by step: declined, refused, failed or cancelled, and what is given back in which order.
#include <doctest/doctest.h>

#include "tests/sagas/fulfilment_case.hpp"

namespace granary::sagas::test {

TEST_CASE("a decline ends an order that was placed with a token") {
    Case c;
    c.reserved();
    c.payment<payments::PaymentStartedT>();
    CHECK(c.payment<payments::PaymentDeclinedT>() == Names{"release_reservation", "release_reservation"});
    CHECK(c.state.end_reason == "payment_declined");
}

TEST_CASE("an order without a token waits, and may try again after a decline, until the timer") {
    Case c;
    CHECK(c.reserved("") == Names{});
    CHECK(c.has(Timer::payment));
    orders::PaymentSubmittedT submitted;
    submitted.payment_token = "tok_decline";
    CHECK(c.order(submitted) == Names{"start_payment"});
    const auto first = c.state.payment->payment_id;
    c.payment<payments::PaymentStartedT>();
    CHECK(c.payment<payments::PaymentDeclinedT>() == Names{});
    submitted.payment_token = "tok_ok";
    CHECK(c.order(submitted) == Names{"start_payment"});
    CHECK(c.state.payment->payment_id != first);
    c.payment<payments::PaymentStartedT>();
    CHECK(c.fire(Timer::payment) == Names{"request_void", "release_reservation", "release_reservation"});
    CHECK(c.open(Step::authorize) != nullptr);  // its answer may still come; the void covers it
    CHECK(c.payment<payments::VoidRequestedT>() == Names{"void"});
    CHECK(c.open(Step::authorize) == nullptr);
    CHECK(c.state.end_reason == "payment_timeout");
}

TEST_CASE("a customer may have as many payments declined as the order takes, and the saga goes on") {
    Case c;
    c.reserved("");
    orders::PaymentSubmittedT submitted;
    submitted.payment_token = "tok_decline";
    for (std::size_t i = 0; i < limits::payment_submissions_max; ++i) {
        CAPTURE(i);
        CHECK(c.order(submitted) == Names{"start_payment"});
        CHECK(c.payment<payments::PaymentStartedT>() == Names{"authorize"});
        CHECK(c.payment<payments::PaymentDeclinedT>() == Names{});
    }
    CHECK_FALSE(c.state.parked);
    CHECK(c.fire(Timer::payment) == Names{"release_reservation", "release_reservation"});
}

TEST_CASE("a payment that an older program counted as a try too many is given up when an operator resumes") {
    Case c;
    c.reserved("");
    orders::PaymentSubmittedT submitted;
    submitted.payment_token = "tok_decline";
    c.order(submitted);
    c.state.open.clear();
    c.state.parked = true;
    CHECK(c.saga<order_fulfilment::InstanceRetriedT>() == Names{});
    CHECK(c.state.payment->status == PaymentTryStatus::closed);
    CHECK(c.fire(Timer::payment) == Names{"release_reservation", "release_reservation"});
}

TEST_CASE("a refund that staff were quicker with is asked for again, with what is left") {
    Case c;
    c.captured();
    CHECK(c.order<orders::OrderCancelledT>() == Names{"request_refund", "release_reservation", "release_reservation"});
    payments::RefundRequestedT refund = c.of_payment<payments::RefundRequestedT>();
    refund.refund_id = {Uuid{3, 3}};
    refund.amount.minor = 100;
    CHECK(c.when(payments::Event(refund)) == Names{"refund"});
    payments::PaymentRefundedT refunded;
    refunded.order_id = order_id;
    refunded.refund_id = refund.refund_id;
    c.when(payments::Event(refunded));
    CHECK(c.answer(Step::refund, RefusalCode::amount_exceeded) == Names{"request_refund"});
    CHECK_FALSE(c.state.parked);
    CHECK(c.state.refunds.back()->amount.minor == total.minor - 100);
}

TEST_CASE("a commit refused after the authorization voids it and releases all goods") {
    Case c;
    c.authorized();
    CHECK(c.answer(Step::commit_stock, RefusalCode::reservation_closed) == Names{"request_void", "release_reservation", "release_reservation"});
    CHECK(c.payment<payments::VoidRequestedT>() == Names{"void"});
    c.answer(Step::release);
    CHECK(c.answer(Step::release) == Names{});
    CHECK(c.payment<payments::PaymentVoidedT>() == Names{"fail_order"});
}

TEST_CASE("a failed capture gives the goods back and the authorization up") {
    Case c;
    c.authorized();
    c.answer(Step::commit_stock);
    c.answer(Step::commit_stock);
    c.payment<payments::CaptureRequestedT>();
    CHECK(c.payment<payments::CaptureFailedT>() == Names{"request_void", "release_reservation", "release_reservation"});
    CHECK(c.state.end_reason == "capture_failed");
}

TEST_CASE("a cancel while the capture is open waits for it, then refunds") {
    Case c;
    c.authorized();
    c.answer(Step::commit_stock);
    c.answer(Step::commit_stock);
    c.payment<payments::CaptureRequestedT>();
    CHECK(c.order<orders::OrderCancelledT>() == Names{"release_reservation", "release_reservation"});
    CHECK(c.payment<payments::PaymentCapturedT>() == Names{"request_refund"});
    payments::RefundRequestedT refund = c.of_payment<payments::RefundRequestedT>();
    refund.refund_id = c.state.refunds[0]->refund_id;
    CHECK(c.when(payments::Event(refund)) == Names{"refund"});
    c.answer(Step::release);
    c.answer(Step::release);
    payments::PaymentRefundedT refunded = c.of_payment<payments::PaymentRefundedT>();
    refunded.refund_id = refund.refund_id;
    CHECK(c.when(payments::Event(refunded)) == Names{});
    CHECK(has_ended(c.state));
}

TEST_CASE("a cancel while the capture is asked for does not void under it") {
    Case c;
    c.authorized();
    c.answer(Step::commit_stock);
    CHECK(c.answer(Step::commit_stock) == Names{"request_capture"});
    CHECK(c.order<orders::OrderCancelledT>() == Names{"release_reservation", "release_reservation"});
    CHECK(c.answer(Step::capture, RefusalCode::illegal_transition) == Names{"request_void"});
}

TEST_CASE("a cancel before the payment answered: a payment that never reached the provider just fails") {
    Case c;
    c.reserved();
    CHECK(c.order<orders::OrderCancelledT>() == Names{"release_reservation", "release_reservation"});
    CHECK(c.payment<payments::PaymentStartedT>() == Names{"fail_payment"});
}

TEST_CASE("a cancel of a booked order cancels the shipment before the goods go back") {
    Case c;
    c.booked();
    CHECK(c.order<orders::OrderCancelledT>() == Names{"request_shipment_cancel", "request_refund"});
    CHECK(c.shipment<delivery::ShipmentCancelRequestedT>() == Names{"cancel_booking"});
    CHECK(c.shipment<delivery::ShipmentCancelledT>() == Names{"release_reservation", "release_reservation"});
}

TEST_CASE("goods that left the house are refunded, but not given back to stock") {
    Case c;
    c.booked();
    c.order<orders::OrderCancelledT>();
    c.shipment<delivery::ShipmentCancelRequestedT>();
    CHECK(c.progress(delivery::ShipmentStatus::in_transit) == Names{});
    CHECK(c.open(Step::cancel_shipment) == nullptr);
    CHECK(c.open(Step::release) == nullptr);
}

}  // namespace granary::sagas::test
