// `granary saga replay` over logs in memory: what it counts, lists and says; tests of the comparison itself are in tests/sagas.
#include "tools/granary/saga_replay.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sagas/processes/order_fulfilment.hpp"
#include "tests/tools/granary/chain_writer.hpp"

using namespace granary;
using namespace granary::cli;
using granary::tests::ChainWriter;

namespace {

constexpr std::uint32_t partitions = 8;

Event placed(OrderId order) {
    orders::OrderPlacedT event;
    event.order_id = order;
    event.total = {1530, currency("GBP")};
    auto line = std::make_unique<orders::OrderLineT>();
    line->sku = *Sku::parse("85123A");
    line->quantity = 2;
    event.lines.push_back(std::move(line));
    return orders::Event{std::move(event)};
}

struct Shop {
    memory::MemoryLog log{{Uuid{9, 9}, partitions}};
    ChainWriter writer{log};
    std::vector<Position> positions;

    // Placed, and nothing done about it.
    explicit Shop(std::uint64_t count) {
        for (std::uint64_t i = 1; i <= count; ++i) positions.push_back(writer.commit(order_stream(id(i)), {placed(id(i))}));
    }
    static OrderId id(std::uint64_t number) { return {{1, number}}; }

    ReplayReport replay(const ReplayOptions& options) {
        auto report = replay_sagas(log, options);
        REQUIRE(report);
        return std::move(*report);
    }
};

}  // namespace

TEST_CASE("an empty log has no sagas, and none diverges") {
    Shop shop(0);
    const auto report = shop.replay({});
    CHECK(report.counts.sagas == 0);
    CHECK(summary_of(report, 0) == "0 sagas, 0 steps, 0 decisions compared: none diverges");
    CHECK(divergences_of(report).rows.empty());
}

TEST_CASE("orders that nobody worked on are open; in a shop at rest each is a divergence where it was placed") {
    Shop shop(20);
    for (const std::size_t threads : {1U, 3U, 64U}) {
        const auto lenient = shop.replay({.threads = threads});
        CHECK(lenient.counts.sagas == 20);
        CHECK(lenient.counts.live == 20);
        CHECK(lenient.counts.open == 20);
        CHECK(lenient.counts.diverged == 0);
        CHECK(lenient.records == 20);
        CHECK(lenient.live_max < 20);  // never those of all partitions
        CHECK(summary_of(lenient, 2) == "20 sagas, 20 steps, 0 decisions compared: none diverges; 10 steps/s; 20 had not ended, with 20 steps open");
        const auto strict = shop.replay({.at_rest = true, .threads = threads});
        CHECK(strict.counts.diverged == 20);
        CHECK(strict.counts.live == 0);
        REQUIRE(strict.divergences.size() == 20);
        auto positions = shop.positions;
        std::ranges::sort(positions);
        for (std::size_t i = 0; i < positions.size(); ++i) CHECK(strict.divergences[i].position == positions[i]);
        const auto table = divergences_of(strict);
        CHECK(table.rows.size() == 20);
        CHECK(table.rows.front()[4] == "unanswered");
        CHECK(table.rows.front()[6].find("reserve_stock 85123A") != std::string::npos);
        const auto few = shop.replay({.at_rest = true, .threads = threads, .listed_max = 3});
        REQUIRE(few.divergences.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) CHECK(few.divergences[i].position == positions[i]);
        CHECK(few.counts.diverged == 20);
    }
}

TEST_CASE("one order's partition alone is read, and its steps are told") {
    Shop shop(20);
    const auto report = shop.replay({.only = Shop::id(7), .threads = 4});
    CHECK(report.counts.sagas == 1);
    REQUIRE(report.steps.size() == 1);
    CHECK(report.steps.front().position == shop.positions[6]);
    const auto table = steps_of(report);
    REQUIRE(table.rows.size() == 1);
    CHECK(table.rows.front()[2] == "order_placed");
    CHECK(table.rows.front()[6] == "reserve_stock 85123A");
    CHECK(report.read_up_to[shop.positions[6].partition.number].number >= shop.positions[6].offset.number);
    const auto json = json_of(report);
    CHECK(json.find(R"("sagas":1,"steps":1,"decisions":0,"diverged":0,"live":1,"open":1,"late":0,"divergences":[])") != std::string::npos);
    CHECK(json.find(R"("asks":["reserve_stock 85123A"])") != std::string::npos);
    CHECK(shop.replay({.only = Shop::id(999)}).counts.sagas == 0);
}

TEST_CASE("damage is a fault, whichever partition has it") {
    Shop shop(20);
    const Partition partition = shop.positions[4].partition;
    const Position bad{partition, shop.log.inject(partition, "not a record")};
    const auto report = replay_sagas(shop.log, {.threads = 3});
    REQUIRE(!report);
    CHECK(report.error().code == FaultCode::halted);
    CHECK(report.error().message.find(text_of(bad)) != std::string::npos);
}
