// A carrier that says nothing: callbacks lost for good, a carrier that can't be asked, a parcel that it knows nothing of.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/limits.hpp"
#include "tests/sagas/shop.hpp"

namespace granary::sagas::test {
namespace {

using orders::OrderStatus;

// One order that is paid and with the carrier, none of whose callbacks arrives.
struct Silence {
    explicit Silence(bool carrier_moves = true) {
        shop.stock("A", 5);
        shop.callbacks_lost = true;
        shop.carrier_moves = carrier_moves;
        order = shop.place(1, {{"A", 1}});
        shop.settle();
        REQUIRE(shop.status(order) == OrderStatus::paid);
        shop.sent.clear();
    }
    void pass(Duration time) {
        shop.now = shop.now + time;
        shop.settle();
    }
    std::ptrdiff_t count(const std::string& name) const { return std::ranges::count(shop.sent, name); }

    Shop shop{1};
    OrderId order;
};

}  // namespace

TEST_CASE("when every callback of the carrier is lost, it is asked after the silence, and the order is delivered") {
    Silence s;
    s.pass(limits::shipment_silence_max - minutes(30));
    CHECK(s.shop.sent.empty());
    s.pass(minutes(30));
    CHECK(s.count("track") == 1);
    CHECK(s.shop.status(s.order) == OrderStatus::delivered);
    CHECK(s.shop.total().live == 0);
    CHECK(s.shop.rows(tables::timers) == 0);
}

TEST_CASE("the silence is remembered over a restart, with the store or without it") {
    for (const bool keep_store : {true, false}) {
        Silence s;
        s.pass(hours(3));
        s.shop.restart(keep_store);
        s.pass(hours(4));
        CHECK(s.count("track") == 1);
        CHECK(s.shop.status(s.order) == OrderStatus::delivered);
    }
}

TEST_CASE("a carrier that knows nothing new is asked once in each silence, and nobody is troubled") {
    Silence s(false);
    for (int i = 1; i <= 20; ++i) {
        s.pass(limits::shipment_silence_max + minutes(1));
        CHECK(s.count("track") == i);
    }
    CHECK(s.shop.total().parked == 0);
    CHECK(s.shop.status(s.order) == OrderStatus::paid);
}

TEST_CASE("a carrier that can't be asked is asked again in the next silence") {
    Silence s;
    bool away = true;
    s.shop.fate = [&](const Outgoing& outgoing) { return away && name_of(outgoing) == "track" ? Fate::unavailable : Fate::done; };
    s.pass(limits::shipment_silence_max + minutes(1));
    CHECK(s.count("track") == static_cast<std::ptrdiff_t>(limits::saga_attempts_max));
    CHECK(s.shop.total().parked == 0);
    away = false;
    s.pass(limits::shipment_silence_max + minutes(1));
    CHECK(s.shop.status(s.order) == OrderStatus::delivered);
}

TEST_CASE("a parcel that the carrier never heard of is an operator's matter") {
    Silence s;
    s.shop.carrier.shipments.clear();
    s.pass(limits::shipment_silence_max + minutes(1));
    CHECK(s.shop.total().parked == 1);
    CHECK(s.shop.rows(tables::parked) == 1);
}

}  // namespace granary::sagas::test
