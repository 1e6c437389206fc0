// Crashes and restarts: only the tail is read, ids are known for ever, a lost checkpoint loses nothing, memory stays bounded.
#include <doctest/doctest.h>

#include "tests/command-side/runtime/shard_world.hpp"

namespace granary::command_side::test {
namespace {

using memory::MemoryLog;
using ports::CommandOutcome;

struct World {
    MemoryLog log{identity(), MemoryLog::Mode::pumped};
    std::unique_ptr<memory::MemoryStore> store = make_store();
};

TEST_CASE("a restart from a checkpoint reads the anchor and the tail, nothing else") {
    World world;
    {
        Node node(world.log, *world.store);
        for (std::uint64_t i = 0; i < 3000; ++i) node.submit(create_product("P" + std::to_string(i)), command_id(i + 1));
        node.settle();
        REQUIRE(node.shard.checkpoint(node.now));
        for (std::uint64_t i = 3000; i < 3007; ++i) node.submit(create_product("P" + std::to_string(i)), command_id(i + 1));
        node.settle();
    }
    const std::size_t before = world.log.records_read();
    Node node(world.log, *world.store, 2);
    node.settle();
    CHECK(node.state() == PartitionState::owned);
    CHECK(world.log.records_read() - before == 1 + 7 + 1);  // the anchor, the tail, the own Claim
    CHECK(node.ask(create_product("P1"), command_id(2)).outcome == CommandOutcome::replayed);
    CHECK(node.ask(create_product("P1"), command_id(5000)).refusal.code == RefusalCode::already_exists);
    CHECK(node.ask(create_product("P3005"), command_id(5001)).refusal.code == RefusalCode::already_exists);
}

TEST_CASE("checkpoints are written by number of commits and by time, without being asked") {
    World world;
    Node node(world.log, *world.store);
    node.settle();
    CHECK(node.shard.status().checkpoints == 0);
    node.ask(create_product("A"), command_id(1));
    node.advance(limits::checkpoint_interval + milliseconds(1));
    node.settle();
    CHECK(node.shard.status().checkpoints == 1);
    CHECK(rows_of(*world.store) == fold_log(world.log).rows);
    node.advance(limits::checkpoint_interval * 3);
    node.settle();
    CHECK(node.shard.status().checkpoints == 1);  // there was nothing new
    for (std::uint64_t i = 0; i < limits::checkpoint_commits_max; ++i) {
        node.submit(rename_product("A", "name " + std::to_string(i)), command_id(i + 10));
        if (i % 1000 == 0) node.settle();
    }
    node.settle();
    CHECK(node.shard.status().checkpoints == 2);
}

TEST_CASE("a checkpoint holds what counts, never what is only in flight") {
    World world;
    {
        Node node(world.log, *world.store);
        node.ask(receive_stock("S", 10), command_id(1));
        node.ask(reserve_stock("S", 1, 2), command_id(2));
        const auto stored = fold_log(world.log).rows;
        node.hold_appends = true;
        node.submit(reserve_stock("S", 2, 3), command_id(3));
        node.submit(release_stock("S", 1), command_id(4));
        node.run();
        REQUIRE(node.shard.checkpoint(node.now));
        CHECK(rows_of(*world.store) == stored);
    }
    Node node(world.log, *world.store, 2);
    CHECK(node.ask(reserve_stock("S", 9, 8), command_id(5)).outcome == CommandOutcome::accepted);
}

TEST_CASE("a lost checkpoint is rebuilt from the log, byte for byte") {
    World world;
    {
        Node node(world.log, *world.store);
        for (std::uint64_t i = 0; i < 50; ++i) {
            node.submit(create_product("P" + std::to_string(i % 30)), command_id(1000 + i));
            node.submit(receive_stock("S" + std::to_string(i % 3), 10), command_id(2000 + i));
            node.submit(reserve_stock("S" + std::to_string(i % 3), i, 1), command_id(3000 + i));
            if (i % 4 == 0) node.submit(release_stock("S" + std::to_string(i % 3), i), command_id(4000 + i));
        }
        node.settle();
        REQUIRE(node.shard.checkpoint(node.now));
    }
    const auto fresh = make_store();
    Node node(world.log, *fresh, 2);
    node.settle();
    REQUIRE(node.shard.checkpoint(node.now));
    CHECK(rows_of(*fresh) == rows_of(*world.store));
    CHECK(rows_of(*fresh) == fold_log(world.log).rows);
    CHECK(node.ask(receive_stock("S0", 10), command_id(2000)).outcome == CommandOutcome::replayed);
}

TEST_CASE("a retry after a crash: before the commit it is done once, after it the first answer comes again") {
    World world;
    CommandId id = command_id(7);
    Position first;
    {
        Node node(world.log, *world.store);
        node.settle();
        SUBCASE("crash before the append") {
            node.hold_appends = true;
            node.submit(create_product("A"), id);
            node.run();
        }
        SUBCASE("crash while the append is on its way") {
            node.submit(create_product("A"), id);
            node.run();
        }
        SUBCASE("crash after it was stored, before the answer") {
            node.deaf = true;
            node.submit(create_product("A"), id);
            node.run();
            world.log.pump();
        }
        SUBCASE("crash after the answer") { first = node.ask(create_product("A"), id).position; }
        SUBCASE("crash after the checkpoint") {
            first = node.ask(create_product("A"), id).position;
            REQUIRE(node.shard.checkpoint(node.now));
        }
    }
    Node node(world.log, *world.store, 2);
    const auto answer = node.ask(create_product("A"), id);
    const bool done = answer.outcome == CommandOutcome::accepted || answer.outcome == CommandOutcome::replayed;
    CHECK(done);
    if (first.offset.number >= 0) {
        CHECK(answer.outcome == CommandOutcome::replayed);
        CHECK(answer.position == first);
    }
    CHECK(answer.commit->meta.stream_key == "A");
    CHECK(fold_log(world.log).commits == std::map<CommandId, int>{{id, 1}});
}

TEST_CASE("the same key with another body is refused for ever; without a fingerprint there is nothing to compare") {
    World world;
    const Fingerprint body{{1, 2}};
    const Fingerprint other{{3, 4}};
    {
        Node node(world.log, *world.store);
        node.ask(create_product("A"), command_id(1), body);
        CHECK(node.ask(create_product("A"), command_id(1), other).refusal.code == RefusalCode::key_reused);
        REQUIRE(node.shard.checkpoint(node.now));
    }
    Node node(world.log, *world.store, 2);
    CHECK(node.ask(create_product("A"), command_id(1), other).refusal.code == RefusalCode::key_reused);
    CHECK(node.ask(create_product("A"), command_id(1), body).outcome == CommandOutcome::replayed);
    CHECK(node.ask(create_product("A"), command_id(1)).outcome == CommandOutcome::replayed);
}

TEST_CASE("a store that fails delays the checkpoint, not the commands; it is made up for later") {
    World world;
    Node node(world.log, *world.store);
    node.ask(create_product("A"), command_id(1));
    world.store->fail_writes(1'000'000);
    node.advance(seconds(5));
    CHECK(node.ask(rename_product("A", "x"), command_id(2)).outcome == CommandOutcome::accepted);
    CHECK(node.shard.status().checkpoints == 0);
    world.store->fail_writes(0);
    node.advance(seconds(5));
    node.settle();
    CHECK(node.shard.status().checkpoints == 1);
    CHECK(rows_of(*world.store) == fold_log(world.log).rows);
}

TEST_CASE("memory stays bounded while aggregates and reservations grow") {
    World world;
    constexpr std::size_t aggregates_max = 200;
    Node node(world.log, *world.store, 1, aggregates_max);
    node.ask(receive_stock("S", 1'000'000), command_id(1));
    std::size_t most = 0;
    for (std::uint64_t i = 0; i < 6000; ++i) {
        node.submit(create_product("P" + std::to_string(i)), command_id(10 + i));
        node.submit(reserve_stock("S", i, 1), command_id(100'000 + i));
        if (i % 50 != 0) continue;
        node.settle();
        most = std::max(most, node.shard.status().cached);
    }
    node.settle();
    CHECK(most <= 4 * aggregates_max);
    REQUIRE(node.shard.checkpoint(node.now));
    CHECK(rows_of(*world.store) == fold_log(world.log).rows);
}

TEST_CASE("the stream index tells where each commit of an aggregate stands") {
    World world;
    Node node(world.log, *world.store);
    node.ask(create_product("A"), command_id(1));
    node.ask(create_product("AB"), command_id(2));
    node.ask(rename_product("A", "x"), command_id(3));
    REQUIRE(node.shard.checkpoint(node.now));
    const StreamId stream{StreamKind::product, "A"};
    std::vector<Position> positions;
    REQUIRE(world.store->scan(tables::streams, stream_index_key(stream, 0), stream_index_end(stream), [&](std::string_view, std::string_view value) {
        positions.push_back(*decode_stream_position(value));
        return true;
    }));
    CHECK(positions == std::vector<Position>{{the_partition, {1}}, {the_partition, {3}}});
}

TEST_CASE("a damaged row of the checkpoint halts instead of deciding on nonsense") {
    World world;
    {
        Node node(world.log, *world.store);
        node.ask(create_product("A"), command_id(1));
        REQUIRE(node.shard.checkpoint(node.now));
    }
    ports::StoreBatch damage;
    damage.put(tables::aggregates, aggregate_key({StreamKind::product, "A"}), "????????garbage");
    REQUIRE(world.store->write(damage, ports::Durability::process));
    Node node(world.log, *world.store, 2);
    node.settle();
    const auto reply = node.submit(rename_product("A", "x"), command_id(2));
    node.settle();
    CHECK(node.answer(reply).outcome == CommandOutcome::unavailable);
    CHECK(node.state() == PartitionState::halted);
}

}  // namespace
}  // namespace granary::command_side::test
