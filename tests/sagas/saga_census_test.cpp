// The count of sagas out of histories that real runners made: each once, where the runner has it, as old as it is.
#include "sagas/runtime/saga_census.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "core/limits.hpp"
#include "sagas/runtime/saga_tables.hpp"
#include "tests/sagas/shop.hpp"

namespace granary::sagas::test {
namespace {

using order_fulfilment::Step;

struct Counted {
    Standings standings;
    StepTimes step_times;
    std::size_t live = 0;

    std::uint64_t of(SagaStanding standing) const {
        std::uint64_t count = 0;
        for (const auto& [where, spread] : standings) count += where.first == standing ? spread.count() : 0;
        return count;
    }
};

Counted count(Shop& shop) {
    std::vector<SagaCensus> parts(shop.log.identity().partitions);
    Time newest;
    for (std::uint32_t number = 0; number < parts.size(); ++number) {
        auto reader = ChainReader::open(shop.log, {number}, std::nullopt);
        REQUIRE(reader.has_value());
        while (true) {
            const auto records = reader->read(limits::log_read_bytes_max);
            REQUIRE(records.has_value());
            if (records->empty()) break;
            for (const auto& record : *records) parts[number].fold(std::get<Commit>(record.entry));
        }
        newest = std::max(newest, parts[number].newest());
    }
    Counted counted;
    for (const auto& part : parts) {
        for (const auto& [where, spread] : part.standings(newest)) counted.standings[where].add(spread);
        for (const auto& [step, spread] : part.step_times()) counted.step_times[step].add(spread);
        counted.live += part.live();
    }
    return counted;
}

}  // namespace

TEST_CASE("sagas that have ended are counted by how they ended, and no longer held") {
    Shop shop;
    shop.stock("A", 8);
    std::vector<OrderId> placed;
    for (std::uint64_t i = 1; i <= 6; ++i) placed.push_back(shop.place(i, {{"A", 2}}, i == 3 ? "tok_decline" : "tok_ok"));
    shop.settle();
    const auto delivered = static_cast<std::uint64_t>(std::ranges::count_if(placed, [&](OrderId order) { return shop.status(order) == orders::OrderStatus::delivered; }));
    REQUIRE(delivered > 1);
    REQUIRE(delivered < 5);  // one was declined, and some found nothing left
    const auto counted = count(shop);
    CHECK(counted.of(SagaStanding::completed) == delivered);
    CHECK(counted.of(SagaStanding::compensated) == 6 - delivered);
    CHECK(counted.standings.size() == 2);
    CHECK(counted.live == 0);
    CHECK(counted.step_times.at(Step::reserve).count() >= 6);
    CHECK(counted.step_times.at(Step::mark_delivered).count() == delivered);
    CHECK(counted.step_times.at(Step::fail_order).count() == 6 - delivered);
}

TEST_CASE("at every moment those that have not ended are the runner's own, at its step, as old as they are") {
    Shop shop(2);
    shop.stock("A", 100);
    for (std::uint64_t i = 1; i <= 8; ++i) shop.place(i, {{"A", 1}});
    for (int i = 0; i < 60; ++i) {
        shop.round();
        shop.now = shop.now + milliseconds(10);
        // What stands in the store is what was folded.
        shop.restart();
        const auto counted = count(shop);
        CHECK(counted.of(SagaStanding::open) == shop.rows(tables::instances));
        CHECK(counted.of(SagaStanding::completed) + counted.of(SagaStanding::open) == 8);
    }
}

TEST_CASE("a parked saga stands at the step where it was parked, and its age is the time since it was placed") {
    Shop shop(1);
    shop.stock("A", 1);
    const OrderId order = shop.place(1, {{"A", 1}});
    shop.fate = [](const Outgoing&) { return Fate::unavailable; };
    shop.round();
    order_fulfilment::ParkT park;
    park.order_id = order;
    park.step = Step::reserve;
    park.reason = "to look at it";
    shop.now = shop.now + seconds(90);
    REQUIRE(shop.submit(order_fulfilment::Command(park)).outcome == ports::CommandOutcome::accepted);
    const auto counted = count(shop);
    REQUIRE(counted.standings.contains({SagaStanding::parked, Step::reserve}));
    const auto& parked = counted.standings.at({SagaStanding::parked, Step::reserve});
    CHECK(parked.count() == 1);
    CHECK(parked.largest() >= seconds(90));
}

TEST_CASE("percentiles are right to a hundredth, counts and the largest exactly, whatever is added to what") {
    Spread whole;
    Spread even;
    Spread odd;
    for (std::int64_t i = 1; i <= 1000; ++i) {
        whole.add(milliseconds(i * i));
        (i % 2 == 0 ? even : odd).add(milliseconds(i * i));
    }
    even.add(odd);
    for (const unsigned percent : {1U, 50U, 90U, 99U, 100U}) {
        const std::int64_t exact = milliseconds(static_cast<std::int64_t>(percent) * 10 * percent * 10).us;
        CHECK(whole.percentile(percent).us >= exact);
        CHECK(whole.percentile(percent).us <= exact + exact / 100);
        CHECK(even.percentile(percent) == whole.percentile(percent));
    }
    CHECK(whole.count() == 1000);
    CHECK(whole.largest() == milliseconds(1'000'000));
    CHECK(Spread().percentile(50) == Duration{});
    Spread small;
    for (std::int64_t us = 0; us < 300; ++us) small.add({us});
    CHECK(small.percentile(50).us == 149);
    small.add({INT64_MAX});
    small.add({-5});
    CHECK(small.percentile(100).us == INT64_MAX);
}

}  // namespace granary::sagas::test
