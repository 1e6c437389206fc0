// The host's thread: wakes for the log, tells who waits, survives failed writes, lets operators work while it runs.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/freshness_board.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "projections/runtime/projection_host.hpp"
#include "query-side/read_models/keys.hpp"
#include "tests/projections/history.hpp"
#include "tests/projections/stores.hpp"

namespace granary::testing {
namespace {

using projections::FreshnessBoard;
using projections::ProjectionHost;

constexpr ports::LogIdentity identity{{7, 8}, 4};
constexpr Duration patience = seconds(60);  // a bound for a machine that is busy, not a time that is measured

// As if it were far away: whoever asks for an end is counted.
struct FarLog : memory::MemoryLog {
    using MemoryLog::MemoryLog;
    Result<Offset> end(Partition partition) override {
        ++asked;
        return MemoryLog::end(partition);
    }
    std::atomic<int> asked = 0;
};

struct StandingClock final : ports::Clock {
    Time now() const override { return Time{} + at; }
    Duration monotonic() const override { return at; }
    Duration at = seconds(1);
};

struct Node {
    FarLog log{identity};
    memory::MemoryStore store;
    SystemClock clock;
    History history{log};
    std::unique_ptr<ProjectionHost> host;

    void start(std::size_t waiters_max = 100) {
        auto started = ProjectionHost::start({log, store, clock, {}, waiters_max});
        GRANARY_CHECK(started.has_value());
        host = std::move(*started);
    }
    Position order(std::uint64_t n) {
        return history.append(order_stream(order_id(n)), {orders::Event(placed(order_id(n), {}, {{"APPLE", 1, 100}}))});
    }
    bool folded(std::vector<Position> positions, Duration deadline = patience) {
        std::promise<bool> answer;
        host->wait_for(std::move(positions), deadline, [&](bool ready) { answer.set_value(ready); });
        return answer.get_future().get();
    }
};

TEST_CASE("who waits for a position is told when it is folded, and reads it then") {
    Node node;
    node.start();
    for (std::uint64_t n = 0; n < 20; ++n) {
        const Position position = node.order(n);
        REQUIRE(node.folded({position}));
        CHECK(node.host->folded(position.partition) >= position.offset);
        CHECK(node.host->known_end(position.partition) == position.offset);
        CHECK(node.store.get(*node.host->views().live_table("orders"), read_models::order_key(order_id(n)))->has_value());
    }
    CHECK(node.host->status().events == 20);
    const int asked = node.log.asked;
    CHECK(node.host->status().lag_records == 0);
    CHECK(node.log.asked == asked);
}

TEST_CASE("what was there before the start is folded") {
    Node node;
    const Position position = node.order(1);
    node.start();
    CHECK(node.folded({position}));
}

TEST_CASE("who waits too long, or at a node that stops, or in a queue that is full, is told so") {
    Node node;
    node.start(2);
    const Position never{{0}, {1'000'000}};
    CHECK_FALSE(node.folded({never}, milliseconds(1)));
    CHECK_FALSE(node.folded({Position{{99}, {0}}}));

    std::promise<bool> first, second;
    node.host->wait_for({never}, patience, [&](bool ready) { first.set_value(ready); });
    node.host->wait_for({never}, patience, [&](bool ready) { second.set_value(ready); });
    CHECK_FALSE(node.folded({never}));
    CHECK(node.host->status().waiting == 2);
    REQUIRE(node.host->stop(patience));
    CHECK_FALSE(first.get_future().get());
    CHECK_FALSE(second.get_future().get());
    CHECK_FALSE(node.folded({never}));
    CHECK(node.host->admin().verify("orders", {}).error().code == FaultCode::unavailable);
}

TEST_CASE("writes that fail for a while delay the views and lose nothing") {
    Node node;
    node.start();
    node.store.fail_writes(3);
    const Position position = node.order(1);
    REQUIRE(node.folded({position}));
    CHECK(contents_of(node.store, "orders@1").size() == 1);
}

TEST_CASE("a host that is driven by hand rests after a failed write, however often it gets a turn") {
    FarLog log(identity);
    memory::MemoryStore store;
    StandingClock clock;
    History history(log);
    auto host = ProjectionHost::start({.log = log, .store = store, .clock = clock, .by_hand = true});
    REQUIRE(host.has_value());
    const Position position = history.append(order_stream(order_id(1)), {orders::Event(placed(order_id(1), {}, {{"APPLE", 1, 100}}))});
    store.fail_writes(1);
    CHECK_FALSE((*host)->turn(true));
    REQUIRE((*host)->status().last_fault);
    for (int i = 0; i < 3; ++i) CHECK_FALSE((*host)->turn(true));
    CHECK((*host)->folded(position.partition) < position.offset);
    clock.at = clock.at + limits::fold_retry_min;
    (void)(*host)->turn(false);
    CHECK((*host)->folded(position.partition) == position.offset);
    CHECK_FALSE((*host)->status().last_fault);
}

TEST_CASE("many wait while the log grows and a view is rebuilt, compared and promoted") {
    Node node;
    node.start();
    std::atomic<int> told{0}, waits{0};
    std::atomic<bool> done{false};
    std::thread clients([&] {
        std::uint64_t n = 0;
        for (; n < 200 || !done; ++n) {
            const Position position = node.order(n);
            if (n % 10 != 0) continue;
            ++waits;
            if (node.folded({position})) ++told;
        }
    });
    for (int round = 0; round < 3; ++round) {
        CHECK(node.host->admin().rebuild("orders", {}).has_value());
        const auto report = node.host->admin().verify("orders", {});
        REQUIRE(report);
        CHECK(report->comparison.equal());
        CHECK(node.host->admin().promote("orders", std::nullopt).has_value());
        CHECK(*node.host->admin().discard("orders", std::nullopt) == 1);
    }
    done = true;
    clients.join();
    CHECK(waits >= 20);
    CHECK(told == waits);
    CHECK(*node.host->views().live_table("orders") == "orders@4");
    REQUIRE(node.host->stop(patience));
}

TEST_CASE("the board answers by what is folded, in the order of its calls") {
    FreshnessBoard board(2, 2);
    std::vector<std::pair<int, bool>> told;
    const auto tell = [&](int who) { return [&told, who](bool ready) { told.emplace_back(who, ready); }; };
    CHECK(board.wait_for({{{0}, {5}}, {{1}, {2}}}, Duration{100}, tell(1)));
    CHECK(board.wait_for({{{0}, {9}}}, Duration{50}, tell(2)));
    CHECK_FALSE(board.wait_for({{{0}, {0}}}, Duration{40}, tell(3)));
    CHECK(told == std::vector<std::pair<int, bool>>{{3, false}});
    CHECK(board.next_deadline() == Duration{50});
    board.advance({{{0}, {5}}});
    CHECK(told.size() == 1);
    board.advance({{{1}, {3}}});
    CHECK(told.back() == std::pair(1, true));
    board.expire(Duration{49});
    CHECK(told.size() == 2);
    board.expire(Duration{50});
    CHECK(told.back() == std::pair(2, false));
    CHECK(board.waiting() == 0);
    board.wait_for({{{0}, {4}}}, Duration{}, tell(4));
    CHECK(told.back() == std::pair(4, true));
    board.close();
    board.wait_for({{{0}, {40}}}, Duration{1000}, tell(5));
    CHECK(told.back() == std::pair(5, false));
}

}  // namespace
}  // namespace granary::testing
