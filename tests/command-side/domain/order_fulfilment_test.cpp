// The saga stream writes down what comes; only an operator's word about an instance that is not parked is refused.
#include "command-side/domain/order_fulfilment.hpp"

#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::order_fulfilment;

namespace {

using Stream = scenario::Scenario<SagaStreamStateT, Event, Command>;
const OrderId order{{5, 6}};

RecordAnswerT answer(bool accepted) {
    RecordAnswerT c;
    c.order_id = order;
    c.command_id = CommandId{{9, 9}};
    c.step = Step::reserve;
    c.sku = Sku::from_stored("APPLE-1");
    c.accepted = accepted;
    c.refusal = accepted ? 0 : static_cast<std::uint16_t>(RefusalCode::out_of_stock);
    return c;
}
AnswerRecordedT answered(bool accepted) {
    AnswerRecordedT e;
    e.order_id = order;
    e.command_id = CommandId{{9, 9}};
    e.step = Step::reserve;
    e.sku = Sku::from_stored("APPLE-1");
    e.accepted = accepted;
    e.refusal = accepted ? 0 : static_cast<std::uint16_t>(RefusalCode::out_of_stock);
    return e;
}
template <class C>
C with_reason(std::string reason) {
    C c;
    c.order_id = order;
    c.reason = std::move(reason);
    return c;
}
InstanceParkedT parked() {
    InstanceParkedT e;
    e.order_id = order;
    e.step = Step::capture;
    e.reason = "no answer";
    return e;
}
ParkT park() {
    auto c = with_reason<ParkT>("no answer");
    c.step = Step::capture;
    return c;
}

}  // namespace

TEST_CASE("answers are recorded, before and while the instance is parked") {
    Stream().when(answer(true)).then({answered(true)});
    Stream().given({parked()}).when(answer(false)).then({answered(false)});
    auto c = answer(true);
    c.step = static_cast<Step>(99);
    Stream().when(c).refused(RefusalCode::invalid, "/step");
    c.command_id = {};
    Stream().when(c).refused(RefusalCode::invalid, "/command_id");
}

TEST_CASE("timers are recorded with when they were due") {
    RecordTimerT c;
    c.order_id = order;
    c.timer = Timer::payment;
    c.due = scenario::now;
    TimerFiredT fired;
    fired.order_id = order;
    fired.timer = Timer::payment;
    fired.due = scenario::now;
    Stream().when(c).then({fired});
    c.timer = Timer::none;
    Stream().when(c).refused(RefusalCode::invalid, "/timer");
}

TEST_CASE("parking twice is nothing") {
    Stream().when(park()).then({parked()}).when(park()).nothing_happens();
    Stream().when(with_reason<ParkT>("")).refused(RefusalCode::invalid, "/reason");
}

TEST_CASE("retry and skip need a parked instance and end the parking; compensate is always heard") {
    InstanceRetriedT retried;
    retried.order_id = order;
    retried.reason = "provider is back";
    Stream().given({parked()}).when(with_reason<RetryT>("provider is back")).then({retried}).when(with_reason<RetryT>("again")).refused(RefusalCode::illegal_transition, "");

    auto skip = with_reason<SkipT>("booked by telephone");
    skip.step = Step::book_shipment;
    StepSkippedT skipped;
    skipped.order_id = order;
    skipped.step = Step::book_shipment;
    skipped.reason = "booked by telephone";
    Stream().given({parked()}).when(skip).then({skipped}).when(skip).refused(RefusalCode::illegal_transition, "");
    skip.step = Step::none;
    Stream().given({parked()}).when(skip).refused(RefusalCode::invalid, "/step");

    CompensationRequestedT requested;
    requested.order_id = order;
    requested.reason = "customer called";
    Stream().when(with_reason<CompensateT>("customer called")).then({requested});
    Stream scenario;
    scenario.given({parked()}).when(with_reason<CompensateT>("customer called")).then({requested});
    CHECK_FALSE(scenario.state().parked);
    Stream().when(with_reason<CompensateT>("")).refused(RefusalCode::invalid, "/reason");
}
