// A shipment hears its carrier in any order and never goes back.
#include "command-side/domain/delivery.hpp"

#include <rapidcheck.h>

#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::delivery;

namespace {

using Shipments = scenario::Scenario<ShipmentStateT, Event, Command>;
const OrderId order{{5, 6}};
const ShipmentId shipment{{7, 8}};

template <class Message>
Message about() {
    Message m;
    m.shipment_id = shipment;
    m.order_id = order;
    return m;
}
CreateShipmentT create() {
    auto c = about<CreateShipmentT>();
    c.warehouse = WarehouseCode::from_stored("main");
    c.country = CountryCode::from_stored("GB");
    c.pieces = 3;
    return c;
}
ShipmentCreatedT created() {
    auto e = about<ShipmentCreatedT>();
    e.warehouse = WarehouseCode::from_stored("main");
    e.country = CountryCode::from_stored("GB");
    e.pieces = 3;
    return e;
}
RecordBookedT book(std::string number = "TRK-1") {
    auto c = about<RecordBookedT>();
    c.tracking_number = std::move(number);
    return c;
}
ShipmentBookedT booked() {
    auto e = about<ShipmentBookedT>();
    e.tracking_number = "TRK-1";
    return e;
}
RecordProgressT progress(ShipmentStatus status, std::string id = "ce-1") {
    auto c = about<RecordProgressT>();
    c.status = status;
    c.carrier_event_id = std::move(id);
    c.happened_at = scenario::now - hours(1);
    return c;
}
ShipmentProgressedT progressed(ShipmentStatus status, std::string id = "ce-1") {
    auto e = about<ShipmentProgressedT>();
    e.status = status;
    e.carrier_event_id = std::move(id);
    e.happened_at = scenario::now - hours(1);
    return e;
}
FailShipmentT fail() {
    auto c = about<FailShipmentT>();
    c.reason = "lost";
    return c;
}

}  // namespace

TEST_CASE("create a shipment: right event; the same again is nothing; another order's is refused") {
    Shipments().when(create()).then({created()}).when(create()).nothing_happens();
    auto c = create();
    c.order_id = OrderId{{1, 1}};
    Shipments().given({created()}).when(c).refused(RefusalCode::already_exists, "/shipment_id");
    c.pieces = 0;
    Shipments().given({created()}).when(c).refused(RefusalCode::invalid, "/pieces");
    c.country = CountryCode::from_stored("x");
    Shipments().when(c).refused(RefusalCode::invalid, "/country");
    c.warehouse = WarehouseCode::from_stored("a/b");
    Shipments().when(c).refused(RefusalCode::invalid, "/warehouse");
}

TEST_CASE("whatever is not a shipment of that order is not found") {
    Shipments().when(book()).refused(RefusalCode::not_found, "/shipment_id");
    auto c = book();
    c.order_id = OrderId{{1, 1}};
    Shipments().given({created()}).when(c).refused(RefusalCode::not_found, "/shipment_id");
    Shipments().when(about<RecordShipmentCancelledT>()).refused(RefusalCode::not_found, "/shipment_id");
    Shipments().when(book("")).refused(RefusalCode::invalid, "/tracking_number");
}

TEST_CASE("a booking is taken once, also when progress has overtaken it") {
    Shipments().given({created()}).when(book()).then({booked()}).when(book()).nothing_happens().when(book("TRK-2")).refused(RefusalCode::illegal_transition, "");
    Shipments scenario;
    scenario.given({created(), progressed(ShipmentStatus::in_transit)}).when(book()).then({booked()});
    CHECK(scenario.state().status == ShipmentStatus::in_transit);
}

TEST_CASE("progress goes forward only, may skip steps, and repeats are nothing") {
    Shipments().given({created(), booked()})
        .when(progress(ShipmentStatus::packed)).then({progressed(ShipmentStatus::packed)})
        .when(progress(ShipmentStatus::packed)).nothing_happens()
        .when(progress(ShipmentStatus::packed, "ce-2")).nothing_happens()
        .when(progress(ShipmentStatus::delivered, "ce-3")).then({progressed(ShipmentStatus::delivered, "ce-3")})
        .when(progress(ShipmentStatus::in_transit, "ce-4")).nothing_happens();
    for (const auto wrong : {ShipmentStatus::none, ShipmentStatus::created, ShipmentStatus::failed, ShipmentStatus::cancelling, ShipmentStatus::cancelled, static_cast<ShipmentStatus>(77)}) {
        Shipments().given({created()}).when(progress(wrong)).refused(RefusalCode::invalid, "/status");
    }
}

TEST_CASE("cancelling: until the goods leave the house; progress out of it wins over the wish") {
    auto wish = about<RequestShipmentCancelT>();
    wish.reason = "order cancelled";
    auto wished = about<ShipmentCancelRequestedT>();
    wished.reason = "order cancelled";
    const auto done = about<RecordShipmentCancelledT>();
    const auto cancelled = about<ShipmentCancelledT>();
    Shipments().given({created(), booked()}).when(wish).then({wished}).when(wish).nothing_happens().when(done).then({cancelled}).when(done).nothing_happens();
    Shipments().given({created(), booked(), progressed(ShipmentStatus::in_transit)}).when(wish).refused(RefusalCode::illegal_transition, "");
    Shipments().given({created(), wished}).when(progress(ShipmentStatus::packed)).nothing_happens().when(book()).nothing_happens();
    Shipments().given({created(), wished}).when(progress(ShipmentStatus::in_transit)).then({progressed(ShipmentStatus::in_transit)}).when(done).refused(RefusalCode::illegal_transition, "");
    Shipments().given({created(), wished, cancelled})
        .when(progress(ShipmentStatus::packed)).nothing_happens()
        .when(progress(ShipmentStatus::delivered)).refused(RefusalCode::illegal_transition, "")
        .when(wish).nothing_happens()
        .when(fail()).nothing_happens();
}

TEST_CASE("a shipment fails once, and not after it was delivered") {
    auto failed = about<ShipmentFailedT>();
    failed.reason = "lost";
    Shipments().given({created(), progressed(ShipmentStatus::in_transit)}).when(fail()).then({failed}).when(fail()).nothing_happens();
    Shipments().given({created(), progressed(ShipmentStatus::delivered)}).when(fail()).refused(RefusalCode::illegal_transition, "");
}

TEST_CASE("a progress happened when the carrier says, but never after now") {
    CHECK(occurred_at(progress(ShipmentStatus::packed), scenario::now) == scenario::now - hours(1));
    auto late = progress(ShipmentStatus::packed);
    late.happened_at = scenario::now + hours(1);
    CHECK(occurred_at(late, scenario::now) == scenario::now);
    late.happened_at = {};
    CHECK(occurred_at(late, scenario::now) == scenario::now);
    CHECK(occurred_at(book(), scenario::now) == scenario::now);
}

TEST_CASE("in any order and number of carrier messages, delivered stays delivered and the count stays small") {
    const bool held = rc::check("progress never goes back", [] {
        ShipmentStateT state;
        evolve(state, created());
        const auto messages = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8));
        bool delivered = false;
        for (const int m : messages) {
            Command command = m < 4 ? Command(progress(static_cast<ShipmentStatus>(2 + m))) : m == 4 ? Command(book()) : m == 5 ? Command(fail())
                                  : m == 6 ? Command(about<RequestShipmentCancelT>()) : Command(about<RecordShipmentCancelledT>());
            const auto decision = decide(state, command, scenario::now);
            if (!decision) continue;
            for (const auto& event : *decision) evolve(state, event);
            delivered = delivered || state.status == ShipmentStatus::delivered;
            RC_ASSERT(!delivered || state.status == ShipmentStatus::delivered);
            RC_ASSERT(state.progress_count <= 4U);
            const auto again = decide(state, command, scenario::now);
            RC_ASSERT(again.has_value());
            RC_ASSERT(again->empty());
        }
    });
    CHECK(held);
}
