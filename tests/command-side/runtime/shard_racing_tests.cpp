// Other writers and uncertain outcomes: lost races, fenced owners, duplicates, read-back, unknown fates.
#include <doctest/doctest.h>

#include "tests/command-side/runtime/shard_world.hpp"

namespace granary::command_side::test {
namespace {

using memory::MemoryLog;
using ports::CommandOutcome;
using ports::DeliveryOutcome;

struct World {
    MemoryLog log{identity(), MemoryLog::Mode::pumped};
    std::unique_ptr<memory::MemoryStore> store = make_store();
    std::unique_ptr<memory::MemoryStore> other_store = make_store();
    Node node{log, *store};

    World() { node.settle(); }
    void settle(Node& other) {
        for (int i = 0; i < 4; ++i) {
            node.settle();
            other.settle();
        }
    }
    // The store of a node holds exactly what counts.
    void check_state() {
        node.advance(seconds(10));
        node.settle();
        CHECK(node.shard.checkpoint(node.now));
        CHECK(rows_of(*store) == fold_log(log).rows);
    }
};

TEST_CASE("a lost race is decided again on what won, refusals behind it too") {
    World world;
    world.node.ask(receive_stock("S", 5), command_id(1));
    const auto all = world.node.submit(reserve_stock("S", 1, 5), command_id(2));
    const auto sold_out = world.node.submit(reserve_stock("S", 2, 3), command_id(3));
    world.node.hold_appends = true;
    world.node.run();
    inject_at_head(world.log, foreign_stock_receipt("S", 10, 2));
    world.node.hold_appends = false;
    world.node.settle();
    CHECK(world.node.answer(all).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(all).version == 3);
    // "Sold out" was said of a reservation that never came to count.
    CHECK(world.node.answer(sold_out).outcome == CommandOutcome::accepted);
    CHECK(world.node.shard.status().redecided == 2);
    CHECK(world.node.state() == PartitionState::owned);
    const auto fold = fold_log(world.log);
    CHECK(fold.commits.at(command_id(2)) == 1);
    CHECK(fold.voids == 1);
    world.check_state();
}

TEST_CASE("an owner that is quiet notices what others append, by itself") {
    World world;
    world.node.ask(receive_stock("S", 5), command_id(1));
    inject_at_head(world.log, foreign_stock_receipt("S", 10, 2));
    world.node.advance(seconds(1));
    world.node.settle();
    CHECK(world.node.shard.status().last == Offset{2});
    CHECK(world.node.ask(reserve_stock("S", 1, 15), command_id(2)).outcome == CommandOutcome::accepted);
    CHECK(fold_log(world.log).voids == 0);
    world.check_state();
}

TEST_CASE("a stalled owner with a full pipeline is fenced by a Claim: all of it is void, nothing is acknowledged") {
    World world;
    world.node.hold_appends = true;
    std::vector<std::uint64_t> replies;
    for (std::size_t i = 0; i < limits::in_flight_max; ++i) replies.push_back(world.node.submit(create_product("P" + std::to_string(i)), command_id(i + 1)));
    world.node.run();
    REQUIRE(world.node.held.size() == limits::in_flight_max);
    Node other(world.log, *world.other_store, 2);
    other.settle();
    CHECK(other.state() == PartitionState::owned);
    world.node.hold_appends = false;
    world.settle(other);
    for (const auto reply : replies) CHECK(world.node.answer(reply).outcome == CommandOutcome::unavailable);
    CHECK(world.node.state() == PartitionState::standby);
    CHECK(world.node.shard.status().reason.find("node2") != std::string::npos);
    const auto fold = fold_log(world.log);
    CHECK(fold.voids == limits::in_flight_max);
    CHECK(fold.commits.empty());
    // The new owner goes on, and so does one that reads all of this from the beginning: it is no damage.
    CHECK(other.ask(create_product("P1"), command_id(2)).outcome == CommandOutcome::accepted);
    const auto fresh_store = make_store();
    Node fresh(world.log, *fresh_store, 3);
    fresh.settle();
    CHECK(fresh.state() == PartitionState::owned);
    CHECK(fresh.ask(create_product("P1"), command_id(2)).outcome == CommandOutcome::replayed);
}

TEST_CASE("two nodes that claim at once: one owns, the other stands by, and may take over after silence") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store_a = make_store();
    const auto store_b = make_store();
    Node a(log, *store_a, 1);
    Node b(log, *store_b, 2);
    a.run();
    b.run();
    CHECK(log.waiting() == 2);  // both claims are under way
    for (int i = 0; i < 4; ++i) {
        a.settle();
        b.settle();
    }
    CHECK(a.state() == PartitionState::owned);
    CHECK(b.state() == PartitionState::standby);
    CHECK(fold_log(log).claims == 1);
    CHECK(b.ask(create_product("A"), command_id(1)).outcome == CommandOutcome::unavailable);
    CHECK(a.ask(create_product("A"), command_id(1)).outcome == CommandOutcome::accepted);
    b.settle();
    b.advance(limits::claim_back_off + seconds(1));
    CHECK(b.ask(create_product("A"), command_id(1)).outcome == CommandOutcome::replayed);
    CHECK(b.state() == PartitionState::owned);
    a.advance(seconds(1));
    a.settle();
    CHECK(a.state() == PartitionState::standby);
}

TEST_CASE("a delivery without an offset is read back") {
    World world;
    world.log.answer_next(DeliveryOutcome::stored_offset_unknown, true);
    const auto first = world.node.submit(create_product("A"), command_id(1));
    const auto second = world.node.submit(rename_product("A", "x"), command_id(2));
    world.node.settle();
    CHECK(world.node.answer(first).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(first).position.offset == Offset{1});
    CHECK(world.node.answer(second).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(second).position.offset == Offset{2});
    CHECK(fold_log(world.log).claims == 1);
    world.check_state();
}

TEST_CASE("a record that the log stored twice counts once, and what follows is read back") {
    World world;
    world.log.duplicate_next();
    const auto first = world.node.submit(create_product("A"), command_id(1));
    const auto second = world.node.submit(rename_product("A", "x"), command_id(2));
    world.node.settle();
    CHECK(world.node.answer(first).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(second).position.offset == Offset{3});
    CHECK(fold_log(world.log).voids == 1);
    CHECK(world.node.shard.status().voids == 1);
    world.check_state();
}

TEST_CASE("an unknown outcome that was stored is found by reading to the end") {
    World world;
    world.log.answer_next(DeliveryOutcome::unknown, true);
    const auto first = world.node.submit(create_product("A"), command_id(1));
    const auto second = world.node.submit(rename_product("A", "x"), command_id(2));
    world.node.settle();
    CHECK(world.node.answer(first).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(second).outcome == CommandOutcome::accepted);
    CHECK(fold_log(world.log).commits.size() == 2);
    world.check_state();
}

TEST_CASE("an unknown outcome that is not there: nothing is answered until a new Claim fences it off, then it is decided again") {
    World world;
    world.log.answer_next(DeliveryOutcome::unknown, false);
    const auto first = world.node.submit(create_product("A"), command_id(1));
    world.node.run();
    const SharedBytes late = world.node.sent.back();
    world.log.pump();
    world.node.run();
    CHECK_FALSE(world.node.answered(first));
    CHECK(world.node.state() == PartitionState::claiming);
    SUBCASE("it never arrives") {
        world.node.settle();
        CHECK(fold_log(world.log).claims == 2);
    }
    SUBCASE("it arrives before the Claim: it counts, and the Claim does not") {
        world.log.inject(the_partition, std::string(late.view()));
        world.node.settle();
        world.node.advance(seconds(10));
        world.node.settle();
        CHECK(world.node.answer(first).position.offset == Offset{1});
    }
    SUBCASE("it arrives after the Claim: it is void") {
        world.log.pump();
        world.log.inject(the_partition, std::string(late.view()));
        world.node.settle();
        CHECK(fold_log(world.log).voids == 1);
    }
    CHECK(world.node.answer(first).outcome == CommandOutcome::accepted);
    CHECK(fold_log(world.log).commits == std::map<CommandId, int>{{command_id(1), 1}});
    CHECK(world.node.state() == PartitionState::owned);
    CHECK(world.node.ask(rename_product("A", "x"), command_id(2)).outcome == CommandOutcome::accepted);
    world.check_state();
}

TEST_CASE("a Claim whose outcome is unknown is made again") {
    for (const bool stored : {false, true}) {
        MemoryLog log(identity(), MemoryLog::Mode::pumped);
        const auto store = make_store();
        Node node(log, *store);
        log.answer_next(DeliveryOutcome::unknown, stored);
        node.settle();
        for (int i = 0; i < 10; ++i) {
            node.advance(seconds(1));
            node.settle();
        }
        CHECK(node.state() == PartitionState::owned);
        CHECK(node.ask(create_product("A"), command_id(1)).outcome == CommandOutcome::accepted);
    }
}

TEST_CASE("the same id while the first is in flight waits for it, and is then replayed or decided by itself") {
    World world;
    const auto first = world.node.submit(create_product("A"), command_id(1), {{1, 1}});
    const auto twin = world.node.submit(create_product("A"), command_id(1), {{1, 1}});
    const auto other_body = world.node.submit(create_product("B"), command_id(1), {{2, 2}});
    SUBCASE("the first counts") {
        world.node.settle();
        CHECK(world.node.answer(first).outcome == CommandOutcome::accepted);
        CHECK(world.node.answer(twin).outcome == CommandOutcome::replayed);
        CHECK(world.node.answer(twin).position == world.node.answer(first).position);
        CHECK(world.node.answer(twin).commit->events.size() == 1);
        CHECK(world.node.answer(other_body).refusal.code == RefusalCode::key_reused);
    }
    SUBCASE("the first is refused by the log") {
        world.log.answer_next(DeliveryOutcome::refused, false);
        world.node.settle();
        CHECK(world.node.answer(first).outcome == CommandOutcome::unavailable);
        CHECK(world.node.answer(twin).outcome == CommandOutcome::accepted);
    }
    CHECK(fold_log(world.log).commits == std::map<CommandId, int>{{command_id(1), 1}});
}

}  // namespace
}  // namespace granary::command_side::test
