// Orders that wait: for their turn behind a backlog, for room while a company is away, and for a runner that comes up again.
#include <doctest/doctest.h>

#include <string>

#include "core/limits.hpp"
#include "tests/sagas/shop_checks.hpp"

namespace granary::sagas::test {

using orders::OrderStatus;

TEST_CASE("no order times out because its step waited for its turn") {
    Shop shop(1);
    shop.stock("A", 5);
    const auto order = shop.place(1, {{"A", 1}});
    while (count(shop, "start_payment") == 0) shop.round();
    shop.budget = 0;  // everything else is before us
    for (int i = 0; i < 5; ++i) shop.round();
    shop.now = shop.now + limits::payment_time_limit + seconds(1);
    for (int i = 0; i < 5; ++i) shop.round();
    shop.budget = 100;
    shop.settle();
    CHECK(shop.status(order) == OrderStatus::delivered);
    CHECK(count(shop, "record_timer") == 0);
}

TEST_CASE("a backlog is worked off order by order, and a restart in the middle forgets nobody who waits") {
    constexpr std::uint64_t placed = 300;
    for (const bool keep_store : {true, false}) {
        Shop shop(1);
        shop.stock("A", placed);
        shop.settle();  // it drives what comes from now on
        for (std::uint64_t i = 1; i <= placed; ++i) shop.place(i, {{"A", 1}});
        while (count_status(shop, placed, OrderStatus::paid) == 0) shop.round();
        CHECK(count(shop, "start_payment") < placed / 2);
        CHECK(shop.total().open > placed / 2);
        shop.restart(keep_store);
        shop.budget = 0;  // those that were under way may have to wait now, longer than their step has time
        for (int i = 0; i < 5; ++i) shop.round();
        shop.now = shop.now + limits::payment_time_limit + seconds(1);
        for (int i = 0; i < 5; ++i) shop.round();
        shop.budget = 100;
        // Whoever waits may be cancelled, and is not begun later.
        granary::orders::CancelOrderT cancel;
        cancel.order_id = {Uuid{10, placed}};
        CHECK(shop.submit(cancel).outcome == ports::CommandOutcome::accepted);
        shop.settle();
        CHECK(count_status(shop, placed, OrderStatus::delivered) == placed - 1);
        CHECK(shop.status({Uuid{10, placed}}) == OrderStatus::cancelled);
        check_nothing_left(shop);
    }
}

TEST_CASE("nobody's step times out while the order waits to be begun") {
    Shop shop(1);
    shop.stock("A", 200);
    for (std::uint64_t i = 1; i <= 200; ++i) shop.place(i, {{"A", 1}});
    shop.budget = 0;
    for (int i = 0; i < 5; ++i) shop.round();
    shop.now = shop.now + limits::reservation_time_limit + limits::payment_time_limit + seconds(1);
    for (int i = 0; i < 5; ++i) shop.round();
    shop.budget = 100;
    for (int i = 0; i < 3; ++i) shop.settle();  // a reservation that would have ended at once is asked for again, after a pause
    CHECK(count_status(shop, 200, OrderStatus::delivered) == 200);
    check_nothing_left(shop);
}

TEST_CASE("no payment times out because its order waits after a restart to be begun again") {
    constexpr std::uint64_t placed = 100;  // more than may be busy at once
    Shop shop(1);
    shop.stock("A", placed);
    for (std::uint64_t i = 1; i <= placed; ++i) shop.place(i, {{"A", 1}});
    shop.fate = [](const Outgoing& outgoing) { return std::holds_alternative<PerformEffect>(outgoing) ? Fate::unavailable : Fate::done; };
    while (count(shop, "start_payment") < placed || shop.round()) {
        REQUIRE(shop.sent.size() < 10'000);
        shop.round();
    }
    shop.restart();
    shop.fate = [](const Outgoing&) { return Fate::done; };
    shop.budget = 0;
    for (int i = 0; i < 5; ++i) shop.round();
    shop.now = shop.now + limits::payment_time_limit + seconds(1);
    for (int i = 0; i < 5; ++i) shop.round();
    shop.budget = 100;
    shop.settle();
    CHECK(count_status(shop, placed, OrderStatus::delivered) == placed);
    CHECK(count(shop, "record_timer") == 0);
    check_nothing_left(shop);
}

TEST_CASE("a provider that answers nobody stops neither the timers nor the log: orders that there is no room for wait in the store") {
    Shop shop(1);
    shop.bounds.open_actions_max = 4;
    shop.bounds.waiting_max = 2;
    shop.restart();
    shop.stock("A", 100);
    bool away = true;
    shop.fate = [&](const Outgoing& outgoing) { return away && std::holds_alternative<PerformEffect>(outgoing) ? Fate::unavailable : Fate::done; };
    constexpr std::uint64_t orders = 20;
    for (std::uint64_t i = 1; i <= orders; ++i) shop.place(i, {{"A", 1}});
    shop.settle(seconds(20));
    CHECK(count(shop, "authorize") > 0);
    CHECK(count_status(shop, orders, OrderStatus::created) == orders);
    // Who gives up is heard, although far more is open than may be.
    orders::CancelOrderT cancel;
    cancel.order_id = {Uuid{10, 1}};
    cancel.reason = "changed_mind";
    CHECK(shop.submit(orders::Command(cancel)).outcome == ports::CommandOutcome::accepted);
    shop.settle(seconds(20));
    CHECK(shop.total().folded == Offset{shop.log.end({0})->number - 1});
    CHECK(shop.market.stocks.begin()->second.reserved < static_cast<std::int64_t>(orders));
    SUBCASE("and they go on when it is back") { away = false; }
    SUBCASE("also behind a restart") {
        shop.restart();
        away = false;
    }
    SUBCASE("also behind a restart that loses the store") {
        shop.restart(false);
        away = false;
    }
    shop.settle();
    CHECK(count_status(shop, orders, OrderStatus::delivered) == static_cast<int>(orders) - 1);
    check_nothing_left(shop);
}

TEST_CASE("what is held for orders goes back in time while a provider answers nobody") {
    Shop shop(1);
    shop.bounds.open_actions_max = 2;
    shop.bounds.waiting_max = 1;
    shop.restart();
    shop.stock("A", 100);
    shop.fate = [](const Outgoing& outgoing) { return std::holds_alternative<PerformEffect>(outgoing) ? Fate::unavailable : Fate::done; };
    constexpr std::uint64_t orders = 6;
    for (std::uint64_t i = 1; i <= orders; ++i) shop.place(i, {{"A", 1}});
    // Longer than goods are held for a payment. Its end is not known before the provider says so, and an operator is called.
    for (int i = 0; i < 40; ++i) {
        shop.settle(seconds(60));
        shop.now = shop.now + seconds(60);
    }
    CHECK(count(shop, "reserve_stock") > 0);
    CHECK(shop.market.stocks.begin()->second.reserved == 0);
    CHECK(shop.market.stocks.begin()->second.on_hand == 100);
    CHECK(shop.total().folded == Offset{shop.log.end({0})->number - 1});
}

TEST_CASE("timers that wait for actions to be begun do not take their room") {
    Shop shop(1);
    shop.stock("A", 100);
    bool away = true;
    shop.fate = [&](const Outgoing& outgoing) { return away && std::holds_alternative<PerformEffect>(outgoing) ? Fate::unavailable : Fate::done; };
    constexpr std::uint64_t orders = 4;
    for (std::uint64_t i = 1; i <= orders; ++i) shop.place(i, {{"A", 1}});
    shop.settle(seconds(20));
    shop.bounds.open_actions_max = 1;
    shop.restart();
    shop.now = shop.now + limits::payment_time_limit + seconds(1);
    for (int i = 0; i < 20; ++i) shop.round();
    away = false;
    shop.settle();
    CHECK(count_status(shop, orders, OrderStatus::delivered) + count_status(shop, orders, OrderStatus::failed) == static_cast<int>(orders));
    check_nothing_left(shop);
}

TEST_CASE("who waits in the store and is cancelled there still does what was open before") {
    constexpr std::uint64_t orders = 4;
    for (int steps = 0; steps < 40; ++steps) {
        CAPTURE(steps);
        Shop shop(1);
        shop.stock("A", 100);
        for (std::uint64_t i = 1; i <= orders; ++i) shop.place(i, {{"A", 1}});
        for (int i = 0; i < steps; ++i) shop.round();
        // What comes next is known, and not asked for before the end.
        shop.budget = 0;
        for (int i = 0; i < 2; ++i) shop.round();
        shop.bounds.waiting_max = 1;
        shop.restart();
        shop.round();
        for (std::uint64_t i = 1; i <= orders; ++i) {
            orders::CancelOrderT cancel;
            cancel.order_id = {Uuid{10, i}};
            cancel.reason = "changed_mind";
            (void)shop.submit(orders::Command(cancel));  // too late for some
        }
        shop.round();
        shop.budget = 100;
        shop.settle();
        check_nothing_left(shop);
    }
}

TEST_CASE("new orders do not overtake those that wait in the store") {
    Shop shop(1);
    shop.stock("A", 1000);
    shop.bounds.open_actions_max = 1;
    shop.bounds.waiting_max = 1;
    shop.restart();
    constexpr std::uint64_t first = 6;
    std::uint64_t placed = 0;
    while (placed < first) shop.place(++placed, {{"A", 1}});
    while (placed < 200 && count_status(shop, first, OrderStatus::created) > 0) {
        shop.place(++placed, {{"A", 1}});
        for (int i = 0; i < 8; ++i) shop.round();
    }
    CHECK(count_status(shop, first, OrderStatus::created) == 0);
    CHECK(placed < 200);
    shop.settle();
    check_nothing_left(shop);
}

TEST_CASE("timers take no room, whatever their stage") {
    JobTable jobs;
    Job timer;
    timer.id = {Uuid{1, 1}};
    timer.kind = Job::Kind::timer;
    auto& added = jobs.add(timer);
    Job action;
    action.id = {Uuid{1, 2}};
    auto& other = jobs.add(action);
    CHECK(jobs.busy() == 1);
    CHECK(jobs.unsettled() == 1);
    jobs.mark_asked(added, Time{5});
    jobs.delay(other, Time{5});
    CHECK(jobs.busy() == 0);
    CHECK(jobs.unsettled() == 1);
    CHECK(jobs.any_ready() == false);
    jobs.erase(action.id);
    CHECK(jobs.unsettled() == 0);
    CHECK(jobs.size() == 1);
}

}  // namespace granary::sagas::test
