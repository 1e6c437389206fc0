// Reservations made by hand end when their time is over: once, over restarts and busy times, and never one of an order.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/limits.hpp"
#include "tests/sagas/shop.hpp"

namespace granary::sagas::test {
namespace {

const WarehouseCode warehouse = WarehouseCode::from_stored("MAIN");

template <class Message>
Message about(std::uint64_t number) {
    Message message;
    message.sku = Sku::from_stored("A");
    message.warehouse = warehouse;
    message.reservation_id = {Uuid{50, number}};
    return message;
}

struct Store {
    explicit Store(std::int64_t quantity = 1000) { shop.stock("A", quantity); }

    Time reserve(std::uint64_t number, Duration hold = minutes(5)) {
        auto command = about<inventory::ReserveStockT>(number);
        command.quantity = 2;
        command.expires_at = shop.now + hold;
        REQUIRE(shop.submit(inventory::Command(command)).outcome == ports::CommandOutcome::accepted);
        while (shop.round()) {
        }
        return command.expires_at;
    }
    void wait_until(Time time) {
        shop.now = time;
        while (shop.round()) {
        }
    }
    // What is stored once the runner has written what it holds back.
    std::size_t rows() {
        wait_until(shop.now + seconds(5));
        return shop.rows(tables::expiries);
    }
    std::ptrdiff_t ended() const { return std::ranges::count(shop.sent, "expire_reservation"); }
    std::int64_t reserved() { return shop.market.stocks["MAIN/A"].reserved; }

    Shop shop{1};
};

}  // namespace

TEST_CASE("a reservation made by hand is freed when its time is over, and not before") {
    Store store;
    const Time due = store.reserve(1);
    CHECK(store.rows() == 1);
    store.wait_until(Time{due.unix_us - 1'000'000});
    CHECK(store.ended() == 0);
    CHECK(store.reserved() == 2);
    store.wait_until(due);
    CHECK(store.ended() == 1);
    CHECK(store.reserved() == 0);
    CHECK(store.rows() == 0);
    store.wait_until(due + hours(1));
    CHECK(store.ended() == 1);
}

TEST_CASE("its time is remembered over a restart, with the store or without it") {
    for (const bool keep_store : {true, false}) {
        Store store;
        const Time due = store.reserve(1);
        store.shop.restart(keep_store);
        store.wait_until(store.shop.now);
        CHECK(store.ended() == 0);
        store.wait_until(due);
        CHECK(store.reserved() == 0);
        CHECK(store.ended() == 1);
    }
}

TEST_CASE("what was committed in time stays sold, what was released stays free") {
    Store store;
    (void)store.reserve(1);
    const Time due = store.reserve(2);
    auto commit = about<inventory::CommitReservationT>(1);
    CHECK(store.shop.submit(inventory::Command(commit)).outcome == ports::CommandOutcome::accepted);
    auto release = about<inventory::ReleaseReservationT>(2);
    CHECK(store.shop.submit(inventory::Command(release)).outcome == ports::CommandOutcome::accepted);
    store.wait_until(due);
    CHECK(store.reserved() == 0);
    CHECK(store.shop.market.stocks["MAIN/A"].sold == 2);
    CHECK(store.shop.market.stocks["MAIN/A"].on_hand == 998);
    CHECK(store.rows() == 0);
}

TEST_CASE("a busy command side is asked again under the same id; an answer that never comes, too") {
    for (const Fate what : {Fate::unavailable, Fate::lost_answer, Fate::silent}) {
        Store store;
        std::vector<CommandId> ids;
        store.shop.fate = [&](const Outgoing& outgoing) {
            if (name_of(outgoing) != "expire_reservation") return Fate::done;
            ids.push_back(std::get<SendCommand>(outgoing).request.id);
            return ids.size() < 4 ? what : Fate::done;
        };
        const Time due = store.reserve(1);
        for (int i = 0; i < 20; ++i) store.wait_until(due + minutes(2 * i));
        CHECK(ids.size() == 4);
        CHECK(std::ranges::count(ids, ids[0]) == 4);
        CHECK(store.reserved() == 0);
        CHECK(store.rows() == 0);
    }
}

TEST_CASE("many that are due at once are ended a bounded number at a time") {
    Store store(10'000);
    Time due;
    const std::uint64_t count = limits::expiries_in_flight_max + 50;
    for (std::uint64_t i = 1; i <= count; ++i) due = store.reserve(i);
    store.shop.sent.clear();
    store.shop.budget = 100'000;
    store.shop.now = due;
    store.shop.round();
    CHECK(store.ended() == static_cast<std::ptrdiff_t>(limits::expiries_in_flight_max));
    for (int i = 1; i < 10; ++i) store.wait_until(due + seconds(i));
    CHECK(store.ended() == static_cast<std::ptrdiff_t>(count));
    CHECK(store.reserved() == 0);
}

TEST_CASE("reservations of orders are left to their sagas") {
    Store store;
    store.shop.fate = [](const Outgoing& outgoing) { return name_of(outgoing) == "authorize" ? Fate::unavailable : Fate::done; };
    (void)store.shop.place(1, {{"A", 1}});
    store.shop.settle(seconds(5));
    CHECK(store.reserved() == 1);
    CHECK(store.rows() == 0);
}

}  // namespace granary::sagas::test
