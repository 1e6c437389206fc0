// Erasures in the hands of a runner: each step once in effect, over restarts, busy times and a key store that is away.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "core/limits.hpp"
#include "core/privacy_limits.hpp"
#include "tests/sagas/shop.hpp"

namespace granary::sagas::test {
namespace {

CustomerId customer(std::uint64_t number) { return {Uuid{60, number}}; }
PersonId person(std::uint64_t number) { return {Uuid{60, number}}; }

struct Registry {
    Registry() : shop(1) {}

    void request(std::uint64_t number, bool despite_orders = false) {
        customers::RequestErasureT command;
        command.customer_id = customer(number);
        command.despite_orders = despite_orders;
        REQUIRE(shop.submit(customers::Command(command)).outcome == ports::CommandOutcome::accepted);
    }
    wire::ErasureStatus status(std::uint64_t number) { return shop.market.customers[customer(number)].erasure; }
    bool erased(std::uint64_t number) { return status(number) == wire::ErasureStatus::erased; }
    void go_on_for(Duration time) {
        const Time end = shop.now + time;
        while (shop.now < end) {
            while (shop.round()) {
            }
            shop.now = std::min(end, shop.now + seconds(1));
        }
        while (shop.round()) {
        }
    }
    std::ptrdiff_t count(std::string_view what) const { return std::ranges::count(shop.sent, what); }
    std::size_t live() {
        go_on_for(seconds(2));
        CHECK(shop.rows(tables::erasure_dues) <= shop.rows(tables::erasures));
        return shop.rows(tables::erasures);
    }

    Shop shop;
};

}  // namespace

TEST_CASE("a person is erased: looked for, destroyed, recorded, and nothing is left but a tombstone") {
    Registry registry;
    registry.request(1);
    registry.go_on_for(seconds(1));
    CHECK(registry.erased(1));
    CHECK(registry.shop.destroyed == std::map<PersonId, int>{{person(1), 1}});
    const std::vector<std::string> steps{"find_orders", "record_orders_found", "destroy_key", "record_key_destroyed", "record_erased"};
    CHECK(registry.shop.sent == steps);
    CHECK(registry.live() == 0);
    CHECK(registry.shop.total().live == 0);
    CHECK(registry.shop.rows(tables::erasure_dues) == 0);
    CHECK(registry.shop.rows(tables::erased) == 1);
    CHECK(registry.shop.total().open == 0);
}

TEST_CASE("the buyer of an order without a customer is erased once the order has ended") {
    Registry registry;
    registry.shop.stock("A", 10);
    const OrderId order = registry.shop.place(1, {{"A", 1}});
    registry.shop.under_way[text_of(order)] = 1;
    orders::RequestBuyerErasureT command;
    command.order_id = order;
    REQUIRE(registry.shop.submit(orders::Command(command)).outcome == ports::CommandOutcome::accepted);
    registry.shop.settle();
    CHECK(registry.shop.status(order) == orders::OrderStatus::delivered);
    CHECK(registry.shop.market.orders[order].erasure == wire::ErasureStatus::requested);
    registry.shop.under_way.clear();
    registry.go_on_for(minutes(5));
    CHECK(registry.shop.market.orders[order].erasure == wire::ErasureStatus::erased);
    CHECK(registry.shop.destroyed == std::map<PersonId, int>{{PersonId{order.value}, 1}});
}

TEST_CASE("an erasure waits for orders under way, over a restart, and not a moment longer for whoever insists") {
    for (const bool keep_store : {true, false}) {
        Registry registry;
        registry.shop.under_way[text_of(customer(1))] = 2;
        registry.shop.under_way[text_of(customer(2))] = 1;
        registry.request(1);
        registry.request(2);
        registry.go_on_for(minutes(3));
        CHECK(registry.status(1) == wire::ErasureStatus::requested);
        CHECK(registry.live() == 2);
        CHECK(registry.shop.total().live == 2);
        const auto looks = registry.count("find_orders");
        CHECK(looks >= 8);
        CHECK(looks < 16);
        registry.shop.restart(keep_store);
        registry.request(2, true);
        registry.go_on_for(seconds(1));
        CHECK(registry.erased(2));
        CHECK_FALSE(registry.erased(1));
        registry.shop.under_way.clear();
        registry.go_on_for(minutes(10));
        CHECK(registry.erased(1));
        CHECK(registry.live() == 0);
        CHECK(registry.shop.total().live == 0);
    }
}

TEST_CASE("killed between any two things that it sends, with its store or without, every step happens in effect once") {
    for (const bool keep_store : {true, false}) {
        for (std::size_t at = 0; at < 5; ++at) {
            for (const Fate what : {Fate::silent, Fate::lost_answer, Fate::unavailable}) {
                CAPTURE(at);
                Registry registry;
                std::size_t sent = 0;
                registry.shop.fate = [&](const Outgoing&) { return sent++ == at ? what : Fate::done; };
                registry.request(1);
                for (int i = 0; i < 20 && sent <= at; ++i) registry.shop.round();
                REQUIRE(sent > at);
                registry.shop.restart(keep_store);
                registry.go_on_for(minutes(3));
                CHECK(registry.erased(1));
                CHECK(registry.shop.destroyed.size() == 1);
                CHECK(registry.live() == 0);
            }
        }
    }
}

TEST_CASE("a step that is busy, lost or silent is asked for again under the same id, a record that is seen in the log is not") {
    for (const Fate what : {Fate::unavailable, Fate::lost_answer, Fate::silent}) {
        for (const std::string_view step : {"find_orders", "record_orders_found", "destroy_key", "record_key_destroyed", "record_erased"}) {
            CAPTURE(step);
            Registry registry;
            std::set<CommandId> ids;
            int tries = 0;
            registry.shop.fate = [&](const Outgoing& outgoing) {
                if (name_of(outgoing) != step) return Fate::done;
                if (const auto* command = std::get_if<SendCommand>(&outgoing)) ids.insert(command->request.id);
                else ids.insert(std::get<PerformErasure>(outgoing).job);
                return ++tries < 4 ? what : Fate::done;
            };
            registry.request(1);
            registry.go_on_for(minutes(10));
            CHECK(registry.erased(1));
            const bool is_seen = step.starts_with("record") && what != Fate::unavailable;
            CHECK(tries == (is_seen ? 1 : 4));
            CHECK(ids.size() == 1);
        }
    }
}

TEST_CASE("a key store that is away for long parks the erasure; a retry lets it go on") {
    Registry registry;
    bool away = true;
    registry.shop.fate = [&](const Outgoing& outgoing) { return away && name_of(outgoing) == "destroy_key" ? Fate::unavailable : Fate::done; };
    registry.request(1);
    registry.go_on_for(hours(1));
    CHECK_FALSE(registry.shop.market.erasures[person(1)].parked);
    registry.go_on_for(hours(6));
    CHECK(registry.shop.market.erasures[person(1)].parked);
    CHECK(registry.count("park_erasure") == 1);
    const auto tries = registry.count("destroy_key");
    registry.go_on_for(hours(6));
    CHECK(registry.count("destroy_key") == tries);
    CHECK(registry.shop.total().open == 0);
    CHECK(registry.shop.total().parked == 1);  // an operator is told
    CHECK(registry.shop.rows(tables::erasure_dues) == 0);
    registry.shop.restart();
    CHECK(registry.shop.total().parked == 1);
    away = false;
    registry.go_on_for(minutes(1));
    CHECK_FALSE(registry.erased(1));
    REQUIRE(registry.shop.submit(retry_command_of({person(1), customer(1), {}}, "it is back")).outcome == ports::CommandOutcome::accepted);
    registry.go_on_for(seconds(3));
    CHECK(registry.erased(1));
    CHECK(registry.shop.total().parked == 0);
}

TEST_CASE("a fault that no waiting mends parks at once") {
    Registry registry;
    registry.shop.key_store_fault = FaultCode::corrupt;
    registry.shop.fate = [&](const Outgoing& outgoing) { return name_of(outgoing) == "destroy_key" ? Fate::unavailable : Fate::done; };
    registry.request(1);
    registry.go_on_for(seconds(2));
    CHECK(registry.shop.market.erasures[person(1)].parked);
    CHECK(registry.count("destroy_key") == 1);
}

TEST_CASE("a parking that can't be recorded is tried again, and nothing else meanwhile") {
    Registry registry;
    registry.shop.key_store_fault = FaultCode::corrupt;
    int parkings = 0;
    registry.shop.fate = [&](const Outgoing& outgoing) {
        if (name_of(outgoing) == "destroy_key") return Fate::unavailable;
        return name_of(outgoing) == "park_erasure" && ++parkings < 3 ? Fate::unavailable : Fate::done;
    };
    registry.request(1);
    registry.go_on_for(minutes(1));
    CHECK(parkings == 3);
    CHECK(registry.count("destroy_key") == 1);
    CHECK(registry.shop.market.erasures[person(1)].parked);
}

TEST_CASE("many persons at once are erased a bounded number at a time, within the budget") {
    Registry registry;
    const std::uint64_t count = limits::erasures_in_hand_max * 3;
    for (std::uint64_t i = 1; i <= count; ++i) registry.request(i);
    registry.shop.budget = 10;
    registry.shop.round();
    CHECK(registry.shop.sent.size() <= 10);
    registry.shop.budget = 100'000;
    std::size_t most = 0;
    for (int i = 0; i < 4000 && registry.shop.destroyed.size() < count; ++i) {
        const auto before = registry.shop.sent.size();
        registry.shop.round();
        most = std::max(most, registry.shop.sent.size() - before);
        registry.shop.now = registry.shop.now + milliseconds(50);
    }
    CHECK(most <= limits::erasures_in_hand_max);
    registry.go_on_for(seconds(20));
    CHECK(registry.shop.destroyed.size() == count);
    CHECK(registry.live() == 0);
    CHECK(registry.shop.rows(tables::erased) == count);
}

TEST_CASE("after each start the keys of erased persons are destroyed again, a backup may have brought them back") {
    for (const bool keep_store : {true, false}) {
        Registry registry;
        for (std::uint64_t i = 1; i <= 150; ++i) registry.request(i);
        registry.go_on_for(minutes(1));
        registry.shop.destroyed.clear();
        registry.shop.sent.clear();
        registry.shop.restart(keep_store);
        bool away = true;
        registry.shop.fate = [&](const Outgoing& outgoing) { return away && name_of(outgoing) == "destroy_key" ? Fate::unavailable : Fate::done; };
        registry.go_on_for(seconds(30));
        away = false;
        registry.go_on_for(minutes(5));
        CHECK(registry.shop.destroyed.size() == 150);
        CHECK(registry.count("record_key_destroyed") == 0);
        registry.shop.sent.clear();
        registry.go_on_for(hours(1));
        CHECK(registry.shop.sent.empty());
    }
}

TEST_CASE("while an erasure waits nothing is sent and nobody is woken before its time") {
    Registry registry;
    registry.shop.under_way[text_of(customer(1))] = 1;
    registry.request(1);
    registry.go_on_for(hours(3));
    registry.shop.sent.clear();
    auto out = registry.shop.runners()[0].step(registry.shop.now, {}, 100);
    REQUIRE(out.has_value());
    CHECK(out->outgoing.empty());
    REQUIRE(out->wake.has_value());
    CHECK(*out->wake > registry.shop.now + seconds(30));
}

}  // namespace granary::sagas::test
