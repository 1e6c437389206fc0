// The carrier port over HTTP against the house: booking, the way of a parcel, cancelling in time and too late.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/tools/house/house_fixture.hpp"

using namespace granary;
using namespace granary::tests;
using ports::CarrierStatus;

namespace {

struct Carrier : World {
    explicit Carrier(house::CarrierHouseOptions wish) : house(start(std::move(wish))), port(carrier(*house)) {}

    std::unique_ptr<house::CarrierHouse> start(house::CarrierHouseOptions wish) {
        wish.house = options();
        return carrier_house(std::move(wish));
    }
    // Moves a parcel and waits until it is told of.
    void advance(ShipmentId id, std::size_t callbacks) {
        REQUIRE(house->advance(id));
        receiver.wait_for(callbacks);
    }

    std::unique_ptr<house::CarrierHouse> house;
    std::unique_ptr<ports::Carrier> port;
};

house::CarrierHouseOptions by_hand() { return {.house = {}, .manual = true}; }

house::CarrierHouseOptions at_once() { return {.house = {}, .pack_delay = {}, .ship_delay = {}, .deliver_delay = {}}; }

void check_status(const Shipped& answer, CarrierStatus status) {
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().message));
    CHECK(answer->status == status);
}

}  // namespace

TEST_CASE("a parcel is booked and travels by itself, each step told") {
    Carrier c(at_once());
    const Shipped booked = book(*c.port, shipment(1));
    check_status(booked, CarrierStatus::booked);
    CHECK(booked->tracking_number.starts_with("HC1"));
    const auto callbacks = c.receiver.wait_for(4);
    std::vector<std::string> bodies(4);
    for (const auto& callback : callbacks) {
        if (callback.type == "shipment.booked") bodies[0] = callback.body;
        if (callback.type == "shipment.packed") bodies[1] = callback.body;
        if (callback.type == "shipment.in_transit") bodies[2] = callback.body;
        if (callback.type == "shipment.delivered") bodies[3] = callback.body;
    }
    const std::string ids = R"("shipment_id":")" + text_of(shipment(1)) + R"(","order_id":")" + text_of(order(7)) + '"';
    CHECK(bodies[0].ends_with(ids + R"(,"tracking_number":")" + booked->tracking_number + R"("})"));
    for (const std::string& body : {bodies[1], bodies[2], bodies[3]}) CHECK(body.ends_with(ids + "}"));
    const Shipped delivered = find(*c.port, shipment(1));
    check_status(delivered, CarrierStatus::delivered);
    CHECK(bodies[3].find('"' + delivered->event_id + '"') != std::string::npos);
    CHECK(bodies[3].find('"' + rfc3339_of(delivered->happened_at) + '"') != std::string::npos);
    CHECK(c.receiver.badly_signed() == 0);
}

TEST_CASE("a repeated booking gives the same tracking number, and one for another order is no success") {
    Carrier c(by_hand());
    const Shipped first = book(*c.port, shipment(1));
    const Shipped again = book(*c.port, shipment(1));
    REQUIRE(first.has_value());
    check_status(again, CarrierStatus::booked);
    CHECK(again->tracking_number == first->tracking_number);
    const Shipped other = book(*c.port, shipment(1), 8);
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().code == FaultCode::timed_out);
    check_status(find(*c.port, shipment(2)), CarrierStatus::unknown_key);
}

TEST_CASE("a parcel can be stopped until it has left the house") {
    Carrier c(by_hand());
    for (std::uint64_t n = 1; n <= 3; ++n) REQUIRE(book(*c.port, shipment(n)).has_value());
    c.receiver.wait_for(3);
    check_status(cancel(*c.port, shipment(1)), CarrierStatus::cancelled);
    check_status(cancel(*c.port, shipment(1)), CarrierStatus::cancelled);
    c.advance(shipment(2), 4);
    check_status(cancel(*c.port, shipment(2)), CarrierStatus::cancelled);
    c.advance(shipment(3), 5);
    c.advance(shipment(3), 6);
    check_status(cancel(*c.port, shipment(3)), CarrierStatus::in_transit);
    c.advance(shipment(3), 7);
    check_status(cancel(*c.port, shipment(3)), CarrierStatus::delivered);
}

TEST_CASE("a cancelled parcel goes no further, and a cancel that comes first refuses the booking") {
    Carrier c(by_hand());
    REQUIRE(book(*c.port, shipment(1)).has_value());
    check_status(cancel(*c.port, shipment(1)), CarrierStatus::cancelled);
    REQUIRE(c.house->advance(shipment(1)));
    check_status(cancel(*c.port, shipment(2)), CarrierStatus::cancelled);
    check_status(book(*c.port, shipment(2)), CarrierStatus::cancelled);
    check_status(find(*c.port, shipment(1)), CarrierStatus::cancelled);
    check_status(find(*c.port, shipment(2)), CarrierStatus::cancelled);
}

TEST_CASE("a refused booking says why, the same again, and makes no callback") {
    auto options = by_hand();
    options.refuse_one_in = 2;
    Carrier c(options);
    check_status(book(*c.port, shipment(1)), CarrierStatus::booked);
    for (int i = 0; i < 2; ++i) {
        const Shipped refused = book(*c.port, shipment(2));
        check_status(refused, CarrierStatus::refused);
        CHECK(refused->reason == "no_capacity");
    }
    c.receiver.wait_for(1);
    CHECK(eventually([&] { return c.house->counts().callbacks_waiting == 0; }));
    CHECK(c.receiver.accepted().size() == 1);
}

TEST_CASE("a booking whose answer got lost is found by asking") {
    auto options = by_hand();
    options.lose_answer_one_in = 1;
    Carrier c(options);
    const Shipped lost = book(*c.port, shipment(1));
    REQUIRE_FALSE(lost.has_value());
    CHECK(lost.error().code == FaultCode::timed_out);
    check_status(find(*c.port, shipment(1)), CarrierStatus::booked);
}

TEST_CASE("parcels that were under way when the house was closed travel on when it is open again") {
    World world;
    house::CarrierHouseOptions options{.house = world.options(), .pack_delay = milliseconds(50)};
    options.ship_delay = options.deliver_delay = {};
    {
        const auto house = world.carrier_house(options);
        const auto port = world.carrier(*house);
        for (std::uint64_t n = 1; n <= 5; ++n) check_status(book(*port, shipment(n)), CarrierStatus::booked);
    }
    const auto house = world.carrier_house(options);
    const auto port = world.carrier(*house);
    world.receiver.wait_for(20);
    for (std::uint64_t n = 1; n <= 5; ++n)
        CHECK(eventually([&] { return find(*port, shipment(n))->status == CarrierStatus::delivered; }));
}

TEST_CASE("a carrier's book that can't be written for a while loses no step") {
    Carrier c(at_once());
    check_status(book(*c.port, shipment(1)), CarrierStatus::booked);
    c.store.fail_writes(3);
    // A callback may be told twice, so their number says nothing about the last step.
    CHECK(eventually([&] { return find(*c.port, shipment(1))->status == CarrierStatus::delivered; }));
}
