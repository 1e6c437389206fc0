// The process step by step: given what happened, when this happens, then it asks for exactly that.
#include <doctest/doctest.h>

#include "tests/sagas/fulfilment_case.hpp"

namespace granary::sagas::test {

TEST_CASE("placing reserves each SKU once, its lines summed") {
    Case c;
    CHECK(c.place() == Names{"reserve_stock", "reserve_stock"});
    REQUIRE(c.state.lines.size() == 2);
    CHECK(c.state.lines[0]->quantity == 3);
    CHECK(c.state.lines[1]->quantity == 2);
    const auto command = std::get<inventory::ReserveStockT>(std::get<inventory::Command>(command_of(c.state, *c.state.open[0])));
    CHECK(command.quantity == 3);
    CHECK(command.reservation_id == reservation_id_of(order_id, Sku::from_stored("A")));
    CHECK(command.expires_at == c.now + limits::reservation_time_limit);
    CHECK(c.place() == Names{});
}

TEST_CASE("the whole way: pay, commit, capture, ship, deliver") {
    Case c;
    c.place();
    CHECK_FALSE(c.has(Timer::reservation));
    CHECK(c.answer(Step::reserve) == Names{});
    CHECK(c.has(Timer::reservation));
    CHECK(c.answer(Step::reserve) == Names{"start_payment"});
    CHECK(c.has(Timer::payment));
    CHECK(c.payment<payments::PaymentStartedT>() == Names{"authorize"});
    CHECK(c.payment<payments::PaymentAuthorizedT>() == Names{"commit_reservation", "commit_reservation"});
    CHECK_FALSE(c.has(Timer::payment));
    CHECK(c.answer(Step::commit_stock) == Names{});
    CHECK(c.answer(Step::commit_stock) == Names{"request_capture"});
    CHECK_FALSE(c.has(Timer::reservation));
    CHECK(c.payment<payments::CaptureRequestedT>() == Names{"capture"});
    CHECK(c.payment<payments::PaymentCapturedT>() == Names{"mark_paid"});
    CHECK(c.order<orders::OrderPaidT>() == Names{"create_shipment"});
    CHECK(c.shipment<delivery::ShipmentCreatedT>() == Names{"book"});
    CHECK(c.shipment<delivery::ShipmentBookedT>() == Names{});
    CHECK(c.progress(delivery::ShipmentStatus::packed) == Names{"mark_packed"});
    CHECK(c.order<orders::OrderPackedT>() == Names{});
    CHECK(c.progress(delivery::ShipmentStatus::in_transit) == Names{"mark_shipped"});
    CHECK(c.order<orders::OrderShippedT>() == Names{});
    CHECK(c.progress(delivery::ShipmentStatus::delivered) == Names{"mark_delivered"});
    CHECK_FALSE(has_ended(c.state));
    CHECK(c.order<orders::OrderDeliveredT>() == Names{});
    CHECK(has_ended(c.state));
    CHECK(c.state.phase == Phase::completed);
    CHECK(c.state.timers.empty());
}

TEST_CASE("a second answer, a late one and a stale timer change nothing") {
    Case c;
    c.place();
    order_fulfilment::AnswerRecordedT answer;
    answer.command_id = c.state.open[0]->id;
    answer.accepted = true;
    CHECK(c.saga(answer) == Names{});
    const auto before = encode(c.state);
    CHECK(c.saga(answer) == Names{});
    order_fulfilment::TimerFiredT stale;
    stale.timer = Timer::reservation;
    stale.due = start;
    CHECK(c.saga(stale) == Names{});
    CHECK(encode(c.state) == before);
}

TEST_CASE("out of stock releases everything, open reserves too, then fails the order") {
    Case c;
    c.place();
    // The refused line, too: the same reserve may have been sent twice, and the other one may still find stock.
    CHECK(c.answer(Step::reserve, RefusalCode::out_of_stock) == Names{"release_reservation", "release_reservation"});
    CHECK(c.open(Step::reserve) == nullptr);
    CHECK(c.answer(Step::release) == Names{});
    CHECK(c.answer(Step::release) == Names{"fail_order"});
    const auto fail = std::get<orders::FailOrderT>(std::get<orders::Command>(command_of(c.state, *c.open(Step::fail_order))));
    CHECK(fail.reason == "out_of_stock");
    CHECK(c.order<orders::OrderFailedT>() == Names{});
    CHECK(c.state.phase == Phase::compensated);
    CHECK(has_ended(c.state));
}

TEST_CASE("a reserve thought refused that was granted after all is given back by the release that was asked for at once") {
    Case c;
    c.place();
    order_fulfilment::AnswerRecordedT late;
    late.command_id = c.open(Step::reserve)->id;
    late.step = Step::reserve;
    late.sku = c.state.lines[0]->sku;
    late.accepted = true;
    CHECK(c.answer(Step::reserve, RefusalCode::out_of_stock) == Names{"release_reservation", "release_reservation"});
    CHECK(c.saga(late) == Names{});
    CHECK(c.state.lines[0]->status == StockStatus::releasing);
}

TEST_CASE("a reservation that stands already under this order's id counts as reserved") {
    Case c;
    c.place();
    c.answer(Step::reserve, RefusalCode::already_exists);
    CHECK(c.answer(Step::reserve) == Names{"start_payment"});
}

TEST_CASE("a busy stock is asked again after a while, with a new command") {
    Case c;
    c.place();
    const auto first = c.open(Step::reserve)->id;
    CHECK(c.answer(Step::reserve, RefusalCode::too_many_reservations) == Names{});
    CHECK(c.fire(Timer::retry) == Names{"reserve_stock"});
    CHECK(c.open(first) == nullptr);
}

TEST_CASE("a reserve that waited past its own expiry is asked again, with a later one") {
    Case c;
    c.place();
    c.now = c.now + limits::reservation_time_limit;
    CHECK(c.answer(Step::reserve, RefusalCode::invalid) == Names{});
    CHECK(c.fire(Timer::retry) == Names{"reserve_stock"});
    Case quick;
    quick.place();
    CHECK(quick.answer(Step::reserve, RefusalCode::invalid) == Names{"release_reservation", "release_reservation"});
}

TEST_CASE("progress that skips steps is caught up with one step at a time; staff may be quicker") {
    Case c;
    c.booked();
    CHECK(c.progress(delivery::ShipmentStatus::delivered) == Names{"mark_packed"});
    CHECK(c.order<orders::OrderPackedT>() == Names{"mark_shipped"});
    CHECK(c.order<orders::OrderShippedT>() == Names{"mark_delivered"});
    Case staff;
    staff.booked();
    CHECK(staff.order<orders::OrderPackedT>() == Names{});
    CHECK(staff.progress(delivery::ShipmentStatus::packed) == Names{});
}

TEST_CASE("a parked instance folds what comes and asks for nothing until it is retried") {
    Case c;
    c.place();
    order_fulfilment::InstanceParkedT parked;
    parked.step = Step::reserve;
    parked.reason = "stock is away";
    CHECK(c.saga(parked) == Names{});
    c.answer(Step::reserve);
    CHECK(c.answer(Step::reserve) == Names{});
    CHECK(c.saga<order_fulfilment::InstanceRetriedT>() == Names{"start_payment"});
}

TEST_CASE("a failed shipment parks; retried it is a new one; skipped it counts as booked") {
    Case c;
    c.captured();
    c.order<orders::OrderPaidT>();
    c.shipment<delivery::ShipmentCreatedT>();
    const auto first = c.state.parcel->shipment_id;
    CHECK(c.shipment<delivery::ShipmentFailedT>() == Names{"park"});
    CHECK(c.state.parked);
    CHECK(c.saga<order_fulfilment::InstanceRetriedT>() == Names{"create_shipment"});
    CHECK(c.state.parcel->shipment_id != first);
    c.shipment<delivery::ShipmentFailedT>();
    order_fulfilment::StepSkippedT skipped;
    skipped.step = Step::book_shipment;
    CHECK(c.saga(skipped) == Names{});
    CHECK(c.progress(delivery::ShipmentStatus::packed) == Names{"mark_packed"});
}

TEST_CASE("an operator's compensation undoes a paid order and cancels it") {
    Case c;
    c.captured();
    c.order<orders::OrderPaidT>();
    c.shipment<delivery::ShipmentCreatedT>();
    order_fulfilment::CompensationRequestedT compensate;
    compensate.reason = "fraud";
    CHECK(c.saga(compensate) == Names{"request_shipment_cancel", "request_refund"});
}

TEST_CASE("a step that never takes effect parks in the end") {
    Case c;
    c.captured();
    Names last;
    for (std::size_t i = 0; i < limits::saga_attempts_max; ++i) last = c.answer(Step::mark_paid, RefusalCode::illegal_transition);
    CHECK(last == Names{"park"});
    CHECK(c.state.parked_step == Step::mark_paid);
}

TEST_CASE("a refund by staff is carried out, also after the end") {
    Case c;
    c.booked();
    payments::RefundRequestedT refund = c.of_payment<payments::RefundRequestedT>();
    refund.refund_id = {Uuid{3, 3}};
    refund.amount.minor = 100;
    CHECK(c.when(payments::Event(refund)) == Names{"refund"});
    Case ended;
    ended.state = revive(tombstone_of(c.state, {}));
    CHECK(ended.state.placed_at != Time{});
    CHECK(ended.state.placed_at == c.state.placed_at);  // operators' lists show it
    ended.state.phase = Phase::completed;
    CHECK(concerns_ended(payments::Event(refund)));
    CHECK(ended.when(payments::Event(refund)) == Names{"refund"});
    CHECK_FALSE(ended.state.correlation.is_nil());  // what follows is traced to who asked for the refund
    CHECK_FALSE(has_ended(ended.state));
    payments::PaymentRefundedT refunded;
    refunded.order_id = order_id;
    refunded.refund_id = refund.refund_id;
    ended.when(payments::Event(refunded));
    CHECK(has_ended(ended.state));
}

TEST_CASE("as many refunds as a payment may have are carried out, one after the other or at once") {
    for (const bool at_once : {false, true}) {
        Case c;
        c.booked();
        std::vector<payments::PaymentRefundedT> answers;
        for (std::size_t i = 0; i < limits::refunds_per_payment_max; ++i) {
            payments::RefundRequestedT refund = c.of_payment<payments::RefundRequestedT>();
            refund.refund_id = {Uuid{3, i}};
            refund.amount.minor = 1;
            CHECK(c.when(payments::Event(refund)) == Names{"refund"});
            auto& refunded = answers.emplace_back();
            refunded.order_id = order_id;
            refunded.refund_id = refund.refund_id;
            if (!at_once) CHECK(c.when(payments::Event(refunded)).empty());
        }
        if (at_once) {
            for (const auto& refunded : answers) c.when(payments::Event(refunded));
        }
        CHECK_FALSE(c.state.parked);
        CHECK(std::ranges::all_of(c.state.refunds, [](const auto& refund) { return refund->status == RefundTryStatus::refunded; }));
    }
}

TEST_CASE("no listing shows a payment token") {
    Case c;
    c.reserved("tok_secret");
    JsonWriter json;
    write_json(json, c.state);
    CHECK(json.take().find("tok_secret") == std::string::npos);
}

}  // namespace granary::sagas::test
