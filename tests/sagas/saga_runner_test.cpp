// The runner by hand: whole lives of orders, restarts at every step, lost stores, faults of everything outside.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "core/limits.hpp"
#include "tests/sagas/shop_checks.hpp"

namespace granary::sagas::test {
namespace {

using orders::OrderStatus;

// A few orders of each kind, over all partitions; returns how many.
std::uint64_t open_shop(Shop& shop) {
    shop.stock("A", 8);
    shop.stock("B", 100);
    for (std::uint64_t i = 1; i <= 6; ++i) shop.place(i, {{"A", 2}, {"B", 1}}, i == 3 ? "tok_decline" : "tok_ok");
    return 6;
}

std::string outcome(Shop& shop, std::uint64_t orders) {
    std::string text;
    for (std::uint64_t i = 1; i <= orders; ++i) text += std::to_string(static_cast<int>(shop.status({Uuid{10, i}}))) + " ";
    return text;
}

}  // namespace

TEST_CASE("orders go from placed to delivered, and nothing stays behind but a tombstone each") {
    Shop shop;
    const auto orders = open_shop(shop);
    shop.settle();
    CHECK(count_status(shop, orders, OrderStatus::delivered) >= 3);
    CHECK(count_status(shop, orders, OrderStatus::failed) >= 1);
    CHECK(count_status(shop, orders, OrderStatus::delivered) + count_status(shop, orders, OrderStatus::failed) == 6);
    CHECK(shop.rows(tables::ended) == 6);
    CHECK(shop.provider.kept() == 450 * count_status(shop, orders, OrderStatus::delivered));
    check_nothing_left(shop);
}

TEST_CASE("a restart at every step, with the store or without it, comes to a consistent end without a second effect") {
    for (const bool keep_store : {true, false}) {
        for (int kill_after = 1; kill_after <= 60; ++kill_after) {
            CAPTURE(keep_store);
            CAPTURE(kill_after);
            Shop shop(2);
            const auto orders = open_shop(shop);
            for (int i = 0; i < kill_after; ++i) shop.round();
            shop.restart(keep_store);  // answers on their way to the old runners are lost
            shop.settle();
            CHECK(count_status(shop, orders, OrderStatus::delivered) + count_status(shop, orders, OrderStatus::failed) == 6);
            CHECK(shop.provider.kept() == 450 * count_status(shop, orders, OrderStatus::delivered));
            check_nothing_left(shop);
        }
    }
}

TEST_CASE("a crash before any write of the store repeats the step and nothing else") {
    int failed_writes = 0;
    for (std::size_t write = 0; write < 40; ++write) {
        CAPTURE(write);
        Shop shop(1);
        const auto orders = open_shop(shop);
        // Time enough passes for every step to write what it changed.
        while (shop.store->writes() < write && shop.round()) shop.now = shop.now + milliseconds(250);
        shop.store->fail_writes(1);
        failed_writes += shop.runners()[0].step(shop.now, {}, 100).has_value() ? 0 : 1;
        shop.store->fail_writes(0);
        shop.restart();
        shop.settle();
        CHECK(count_status(shop, orders, OrderStatus::failed) + count_status(shop, orders, OrderStatus::delivered) == 6);
        check_nothing_left(shop);
    }
    CHECK(failed_writes > 5);
}

namespace {

// Can't read now and then.
struct FlakyStore : memory::MemoryStore {
    mutable std::size_t reads = 0;
    std::size_t failing_each = 0;  // 0: none

    Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override {
        if (failing_each > 0 && ++reads % failing_each == 0) return fault(FaultCode::io_error, "as the test wants it");
        return MemoryStore::get(table, key);
    }
};

}  // namespace

TEST_CASE("a store that can't read for a moment costs no event: the page is folded on from where it was") {
    for (const std::size_t each : {2U, 3U, 7U}) {
        CAPTURE(each);
        Shop shop(1);
        auto store = std::make_unique<FlakyStore>();
        auto* const flaky = store.get();
        shop.store = std::move(store);
        shop.restart();
        const auto orders = open_shop(shop);
        shop.failed_steps = 0;
        for (int i = 0; i < 30; ++i) {
            flaky->failing_each = 0;
            shop.restart();  // with nothing in memory, what happens next has to be looked up
            flaky->failing_each = each;
            for (int rounds = 0; rounds < 4; ++rounds) {
                shop.round();
                shop.now = shop.now + milliseconds(250);
            }
        }
        flaky->failing_each = 0;
        shop.restart();
        shop.settle();
        CHECK(*shop.failed_steps > 0);
        CHECK(count_status(shop, orders, OrderStatus::failed) + count_status(shop, orders, OrderStatus::delivered) == 6);
        check_nothing_left(shop);
    }
}

TEST_CASE("a replay of many pages asks for nothing that was answered") {
    Shop shop(1);
    auto orders = open_shop(shop);
    while (orders < 60) shop.place(++orders, {{"B", 1}});
    shop.settle();
    const auto ends = outcome(shop, orders);
    shop.sent.clear();
    shop.restart(false);
    shop.settle();
    CHECK(shop.sent.empty());
    CHECK(outcome(shop, orders) == ends);
    CHECK(shop.rows(tables::ended) == orders);
}

TEST_CASE("what stays of a saga that ended is the same, however many pages and batches it was folded in") {
    const auto tombstones = [](const Shop& shop) {
        std::map<std::string, std::string> rows;
        REQUIRE(shop.store->scan(tables::ended, "", "", [&](std::string_view key, std::string_view row) {
            rows.emplace(key, row);
            return true;
        }));
        return rows;
    };
    Shop shop(1);
    const auto orders = open_shop(shop);
    shop.settle();
    const auto live = tombstones(shop);
    CHECK(live.size() == orders);
    shop.restart(false);
    shop.settle();
    CHECK(tombstones(shop) == live);
}

TEST_CASE("a busy command side is asked again under the same id") {
    Shop shop(1);
    shop.stock("A", 5);
    std::vector<CommandId> ids;
    int refusals = 3;
    shop.fate = [&](const Outgoing& outgoing) {
        if (name_of(outgoing) != "reserve_stock") return Fate::done;
        ids.push_back(std::get<SendCommand>(outgoing).request.id);
        return refusals-- > 0 ? Fate::unavailable : Fate::done;
    };
    const auto order = shop.place(1, {{"A", 1}});
    shop.settle();
    CHECK(ids.size() == 4);
    CHECK(std::ranges::count(ids, ids[0]) == 4);
    CHECK(shop.status(order) == OrderStatus::delivered);
}

TEST_CASE("an answer that is lost, or never comes, repeats no effect") {
    for (const Fate what : {Fate::lost_answer, Fate::silent}) {
        for (const char* step : {"reserve_stock", "start_payment", "authorize", "record_authorized", "commit_reservation", "request_capture", "capture",
                                 "record_captured", "mark_paid", "create_shipment", "book", "record_booked", "record_answer", "mark_delivered"}) {
            CAPTURE(step);
            Shop shop(1);
            shop.stock("A", 5);
            int times = 2;
            shop.fate = [&](const Outgoing& outgoing) { return name_of(outgoing) == step && times-- > 0 ? what : Fate::done; };
            const auto order = shop.place(1, {{"A", 1}});
            shop.settle();
            CHECK(times < 2);
            CHECK(shop.status(order) == OrderStatus::delivered);
            CHECK(shop.provider.kept() == 150);
            check_nothing_left(shop);
        }
    }
}

TEST_CASE("an indefinite effect is reconciled by asking, under the same key") {
    Shop shop(1);
    shop.stock("A", 5);
    bool first = true;
    shop.fate = [&](const Outgoing& outgoing) { return name_of(outgoing) == "authorize" && std::exchange(first, false) ? Fate::lost_answer : Fate::done; };
    shop.place(1, {{"A", 1}});
    shop.settle();
    CHECK(count(shop, "authorize") == 1);
    CHECK(count(shop, "find:authorize") == 1);
    CHECK(shop.provider.entries.size() == 1);
}

TEST_CASE("an effect that keeps failing parks its instance; the others go on; a retry resumes it") {
    Shop shop(1);
    shop.stock("A", 5);
    bool away = true;
    const auto first = shop.place(1, {{"A", 1}});
    shop.fate = [&](const Outgoing& outgoing) {
        const auto* effect = std::get_if<PerformEffect>(&outgoing);
        return away && effect != nullptr && effect->order == first && name_of(outgoing).ends_with("capture") ? Fate::silent : Fate::done;
    };
    const auto second = shop.place(2, {{"A", 1}});
    shop.settle();
    CHECK(shop.status(second) == OrderStatus::delivered);
    CHECK(shop.status(first) == OrderStatus::created);
    CHECK(count(shop, "capture") + count(shop, "find:capture") == 1 + limits::saga_attempts_max);
    CHECK(shop.total().parked == 1);
    CHECK(shop.rows(tables::parked) == 1);
    CHECK(shop.total().open == 0);

    shop.sent.clear();
    shop.restart();  // stays parked
    shop.settle();
    CHECK(shop.sent.empty());

    away = false;
    order_fulfilment::RetryT retry;
    retry.order_id = first;
    shop.submit(order_fulfilment::Command(retry));
    shop.settle();
    CHECK(shop.status(first) == OrderStatus::delivered);
    check_nothing_left(shop);
}

TEST_CASE("a carrier that is away for hours delays its orders and parks none; one that stays away parks them") {
    for (const bool comes_back : {true, false}) {
        Shop shop(1);
        shop.stock("A", 5);
        const auto order = shop.place(1, {{"A", 1}});
        const Time back = shop.now + hours(2);
        shop.fate = [&](const Outgoing& outgoing) { return name_of(outgoing) == "book" && (!comes_back || shop.now < back) ? Fate::unavailable : Fate::done; };
        shop.settle(hours(24));
        CHECK(count(shop, "park") == (comes_back ? 0 : 1));
        CHECK(shop.status(order) == (comes_back ? OrderStatus::delivered : OrderStatus::paid));
        if (comes_back) check_nothing_left(shop);
        else CHECK(count(shop, "book") == static_cast<std::ptrdiff_t>(limits::saga_unavailable_max));
    }
}

TEST_CASE("an authorization that never comes is given up by the payment timer, and nobody is parked") {
    for (const Fate what : {Fate::unavailable, Fate::silent}) {
        Shop shop(1);
        shop.stock("A", 5);
        shop.fate = [&](const Outgoing& outgoing) { return name_of(outgoing).ends_with("authorize") ? what : Fate::done; };
        const auto order = shop.place(1, {{"A", 1}});
        shop.settle();
        CHECK(shop.status(order) == OrderStatus::failed);
        CHECK(count(shop, "park") == 0);
        check_nothing_left(shop);
    }
}

TEST_CASE("a second parking of the same action is recorded as well") {
    Shop shop(1);
    shop.stock("A", 5);
    const auto order = shop.place(1, {{"A", 1}});
    shop.fate = [](const Outgoing& outgoing) { return name_of(outgoing) == "book" ? Fate::unavailable : Fate::done; };
    shop.settle();
    CHECK(shop.total().parked == 1);
    order_fulfilment::RetryT retry;
    retry.order_id = order;
    shop.submit(order_fulfilment::Command(retry));
    shop.round();
    CHECK(shop.total().parked == 0);
    shop.settle();
    CHECK(shop.total().parked == 1);
}

TEST_CASE("timers survive a restart and a lost store") {
    for (const bool keep_store : {true, false}) {
        Shop shop(1);
        shop.stock("A", 5);
        const auto order = shop.place(1, {{"A", 1}}, "");
        shop.settle(seconds(1));
        CHECK(shop.market.stocks["MAIN/A"].reserved == 1);
        shop.restart(keep_store);
        shop.settle(seconds(1));
        CHECK(shop.status(order) == OrderStatus::created);
        shop.now = shop.now + limits::payment_time_limit;
        shop.settle();
        CHECK(shop.status(order) == OrderStatus::failed);
        check_nothing_left(shop);
    }
}

TEST_CASE("an order of a thousand lines is paid") {
    Shop shop(4);
    std::vector<std::string> names;
    std::vector<std::pair<const char*, std::int64_t>> lines;
    for (int i = 0; i < 1000; ++i) names.push_back("SKU-" + std::to_string(i));
    for (const auto& name : names) {
        shop.stock(name.c_str(), 3);
        lines.emplace_back(name.c_str(), 2);
    }
    const auto order = shop.place(1, lines);
    shop.settle();
    CHECK(shop.status(order) == OrderStatus::delivered);
    check_nothing_left(shop);
}

}  // namespace granary::sagas::test
