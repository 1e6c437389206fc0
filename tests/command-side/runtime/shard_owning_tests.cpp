// Beside other nodes: who is told to hold asks the owner first, who is told to let go settles what is in flight, and clocks are compared.
#include <doctest/doctest.h>

#include "platform/host/cluster/owner_directory.hpp"
#include "tests/command-side/runtime/shard_world.hpp"

namespace granary::command_side::test {
namespace {

using memory::MemoryLog;
using ports::CommandOutcome;
using ports::LetGo;

struct Machine {
    explicit Machine(MemoryLog& log, std::uint64_t number, bool hold = false)
        : store(make_store()), owners(std::move(*OwnerDirectory::open(*store, 1))), node(log, *store, number, 1000, {hold, owners.get()}) {}

    void hold() {
        node.input.claim = true;
        node.settle();
    }
    void let_go() {
        node.input.release = true;
        node.settle();
    }
    void hear(LetGo outcome, std::optional<Time> clock = std::nullopt) {
        node.input.let_go = ports::LetGoAnswer{outcome, clock};
        node.settle();
    }

    std::unique_ptr<memory::MemoryStore> store;
    std::unique_ptr<OwnerDirectory> owners;
    Node node;
};

struct TwoMachines {
    MemoryLog log{identity(), MemoryLog::Mode::pumped};
    Machine a{log, 1, true};
    Machine b{log, 2};

    TwoMachines() {
        a.node.settle();
        REQUIRE(a.node.state() == PartitionState::owned);
        REQUIRE(a.node.ask(receive_stock("S", 5), command_id(1)).outcome == CommandOutcome::accepted);
    }
};

// The other machine claims without an answer of the owner, and tells its clients of more goods.
void claim_over(TwoMachines& world) {
    world.b.hold();
    world.b.node.advance(seconds(2));
    world.b.node.settle();
    REQUIRE(world.b.node.state() == PartitionState::owned);
    REQUIRE(world.b.node.ask(receive_stock("S", 10), command_id(50)).outcome == CommandOutcome::accepted);
}

TEST_CASE("an owner that has not heard of the next one refuses nothing on what it knows") {
    TwoMachines world;
    world.a.node.deaf = true;
    SUBCASE("with nothing in flight") {
        claim_over(world);
        CHECK(world.a.node.ask(reserve_stock("S", 1, 12), command_id(2)).outcome == CommandOutcome::unavailable);
    }
    SUBCASE("nor says that nothing is to be done") {
        claim_over(world);
        CHECK(world.a.node.ask(release_stock("S", 1), command_id(2)).outcome == CommandOutcome::unavailable);
    }
    SUBCASE("behind a commit that was stored in front of the other's claim, and is reported late") {
        const auto all = world.a.node.submit(reserve_stock("S", 1, 5), command_id(2));
        world.a.node.settle();
        claim_over(world);
        const auto sold_out = world.a.node.submit(reserve_stock("S", 2, 3), command_id(3));
        world.a.node.settle();
        CHECK_FALSE(world.a.node.answered(sold_out));
        world.a.node.deaf = false;
        world.a.node.settle();
        CHECK(world.a.node.answer(all).outcome == CommandOutcome::accepted);
        CHECK(world.a.node.answer(sold_out).outcome == CommandOutcome::unavailable);
    }
    CHECK(world.a.node.state() == PartitionState::standby);
}

TEST_CASE("void records in front of the log's end change no refusal, and the owner goes on") {
    TwoMachines world;
    world.a.node.deaf = true;
    // Lost its race long ago, and arrives only now.
    world.log.inject(the_partition, chain::make_record(chain::genesis(identity().id, the_partition), encode_body(LogEntry(foreign_stock_receipt("S", 10, 2)))));
    CHECK(world.a.node.ask(reserve_stock("S", 1, 12), command_id(2)).outcome == CommandOutcome::refused);
    CHECK(world.a.node.state() == PartitionState::owned);
    CHECK(world.a.node.shard.status().voids == 1);
}

TEST_CASE("a log that does not say where it ends keeps the owner from refusing") {
    TwoMachines world;
    world.log.hide_end(true);
    CHECK(world.a.node.ask(reserve_stock("S", 1, 12), command_id(2)).outcome == CommandOutcome::unavailable);
    world.log.hide_end(false);
    CHECK(world.a.node.ask(reserve_stock("S", 1, 12), command_id(3)).outcome == CommandOutcome::refused);
}

TEST_CASE("who is not told to hold reads nothing and claims nothing") {
    TwoMachines world;
    const auto read = world.log.records_read();
    for (int i = 0; i < 5; ++i) {
        world.b.node.advance(seconds(20));
        world.b.node.settle();
    }
    CHECK(world.b.node.ask(receive_stock("S", 1), command_id(2)).outcome == CommandOutcome::unavailable);
    CHECK(world.b.node.state() == PartitionState::standby);
    CHECK(world.log.records_read() == read);
    CHECK(world.b.node.asks.empty());
}

TEST_CASE("a candidate asks the owner that the log names, and claims when that has let go") {
    TwoMachines world;
    world.b.hold();
    REQUIRE(world.b.node.asks.size() == 1);
    CHECK(world.b.node.asks.front().url == world.a.node.url);
    CHECK(world.b.node.state() == PartitionState::claiming);
    CHECK(fold_log(world.log).claims == 1);
    // What the old owner still commits is read before the claim.
    const auto last = world.a.node.submit(receive_stock("S", 7), command_id(2));
    world.a.let_go();
    CHECK(world.a.node.answer(last).outcome == CommandOutcome::unavailable);
    CHECK(world.a.node.state() == PartitionState::standby);
    world.b.hear(LetGo::gone);
    CHECK(world.b.node.state() == PartitionState::owned);
    CHECK(world.b.node.asks.size() == 1);
    CHECK(world.b.node.shard.status().claims == 1);
    CHECK(fold_log(world.log).voids == 0);
    CHECK(world.b.owners->find(the_partition)->node == "node2");
    CHECK(world.b.node.ask(receive_stock("S", 7), command_id(2)).outcome == CommandOutcome::accepted);
}

TEST_CASE("how long a partition that a node should hold was not decided on there is known, while it lasts and afterwards") {
    TwoMachines world;
    CHECK(world.b.node.shard.status().taking_for == Duration{});
    world.b.hold();
    world.b.node.advance(milliseconds(300));
    world.b.node.settle();
    CHECK(world.b.node.shard.status().taking_for >= milliseconds(300));
    CHECK(world.b.node.shard.status().takeovers == 0);
    world.a.let_go();
    world.b.hear(LetGo::gone);
    const auto status = world.b.node.shard.status();
    CHECK(status.takeovers == 1);
    CHECK(status.takeover_time >= milliseconds(300));
    CHECK(status.taking_for == Duration{});
    // An owner that is claimed over while it should hold is taking again; one that is told to let go is not.
    CHECK(world.a.node.shard.status().taking_for == Duration{});
    world.a.hold();
    world.a.hear(LetGo::unreachable);
    for (int i = 0; i < 3; ++i) {
        world.b.node.advance(milliseconds(100));
        world.b.node.settle();
    }
    CHECK(world.b.node.state() == PartitionState::standby);
    CHECK(world.b.node.shard.status().taking_for >= milliseconds(100));
    CHECK(world.b.node.shard.status().takeovers == 1);
}

TEST_CASE("an owner that keeps the partition is asked again after a while; one that says nothing is fenced") {
    TwoMachines world;
    world.b.hold();
    world.b.hear(LetGo::kept);
    CHECK(world.b.node.state() == PartitionState::standby);
    world.b.node.settle();
    CHECK(world.b.node.asks.size() == 1);
    world.b.node.advance(limits::let_go_retry);
    world.b.node.settle();
    CHECK(world.b.node.asks.size() == 2);
    SUBCASE("it can't be reached") { world.b.hear(LetGo::unreachable); }
    SUBCASE("not even that is heard") {
        world.b.node.advance(limits::let_go_deadline * 2);
        world.b.node.settle();
    }
    CHECK(world.b.node.state() == PartitionState::owned);
    world.a.node.advance(milliseconds(500));
    world.a.node.settle();
    CHECK(world.a.node.state() == PartitionState::standby);
    // It was told to hold, so it tries again, once the other has had time.
    CHECK(world.a.node.asks.empty());
    world.a.node.advance(limits::claim_back_off);
    world.a.node.settle();
    REQUIRE(world.a.node.asks.size() == 1);
    CHECK(world.a.node.asks.front().url == world.b.node.url);
}

TEST_CASE("letting go waits for what is in flight, a claim too, and writes the checkpoint") {
    TwoMachines world;
    const auto reply = world.a.node.submit(receive_stock("S", 7), command_id(2));
    world.a.node.run();
    world.a.node.input.release = true;
    world.a.node.run();
    CHECK_FALSE(world.a.node.answered(reply));
    CHECK(world.a.node.state() == PartitionState::owned);
    world.a.node.settle();
    CHECK(world.a.node.answer(reply).outcome == CommandOutcome::accepted);
    CHECK(world.a.node.state() == PartitionState::standby);
    CHECK(rows_of(*world.a.store) == fold_log(world.log).rows);
    // Again told to hold, and not any more while the claim is under way.
    world.a.node.input.claim = true;
    world.a.node.run();
    CHECK(world.log.waiting() == 1);
    world.a.node.input.release = true;
    world.a.node.run();
    CHECK(world.a.node.state() == PartitionState::claiming);
    world.a.node.settle();
    CHECK(world.a.node.state() == PartitionState::standby);
    world.a.hold();
    CHECK(world.a.node.state() == PartitionState::owned);
    CHECK(world.a.node.ask(receive_stock("S", 7), command_id(2)).outcome == CommandOutcome::replayed);
}

TEST_CASE("a node whose clock is far from the log's or from the owner's says so and does not claim") {
    TwoMachines world;
    world.a.node.now.wall = world.a.node.now.wall + minutes(10);
    REQUIRE(world.a.node.ask(receive_stock("S", 1), command_id(2)).outcome == CommandOutcome::accepted);
    world.a.let_go();
    world.b.hold();
    CHECK(world.b.node.asks.empty());
    CHECK(world.b.node.state() == PartitionState::claiming);
    CHECK(world.b.node.shard.status().reason.find("clock") != std::string::npos);
    CHECK(world.b.node.shard.status().clock_off);
    CHECK(fold_log(world.log).claims == 1);
    // Set right, but for the owner's: it is the owner's word against this node's.
    world.b.node.now.wall = world.a.node.now.wall;
    world.b.node.advance(limits::claim_retry_max);
    world.b.node.settle();
    REQUIRE(world.b.node.asks.size() == 1);
    world.b.hear(LetGo::gone, world.b.node.now.wall - minutes(2));
    CHECK(world.b.node.state() == PartitionState::claiming);
    CHECK(world.b.node.shard.status().reason.find("clock") != std::string::npos);
    world.b.node.advance(limits::claim_retry_max);
    world.b.node.settle();
    REQUIRE(world.b.node.asks.size() == 2);
    world.b.hear(LetGo::gone, world.b.node.now.wall + seconds(2));
    CHECK(world.b.node.state() == PartitionState::owned);
    CHECK(world.b.node.shard.status().reason.empty());
    CHECK_FALSE(world.b.node.shard.status().clock_off);
}

TEST_CASE("who stood still looks at the log before it refuses anything") {
    TwoMachines world;
    world.b.hold();
    world.b.hear(LetGo::unreachable);
    REQUIRE(world.b.node.ask(receive_stock("S", 100), command_id(2)).outcome == CommandOutcome::accepted);
    // It believes to own the partition, and to have five.
    world.a.node.input.grown = false;
    REQUIRE(world.a.node.state() == PartitionState::owned);
    world.a.node.advance(seconds(30));
    const auto reply = world.a.node.submit(reserve_stock("S", 1, 50), command_id(3));
    world.a.node.settle();
    CHECK(world.a.node.answer(reply).outcome == CommandOutcome::unavailable);
}

TEST_CASE("who is told to hold again while letting go looks at the log before it refuses anything") {
    TwoMachines world;
    // What it has in flight is stored, and it hears so late.
    world.a.node.deaf = true;
    const auto in_flight = world.a.node.submit(receive_stock("S", 7), command_id(2));
    world.a.node.run();
    world.log.pump();
    world.a.node.input.release = true;
    world.a.node.run();
    REQUIRE(world.a.node.state() == PartitionState::owned);
    world.b.hold();
    world.b.hear(LetGo::unreachable);
    REQUIRE(world.b.node.ask(receive_stock("S", 100), command_id(3)).outcome == CommandOutcome::accepted);
    world.a.node.input.claim = true;
    world.a.node.run();
    const auto late = world.a.node.submit(reserve_stock("S", 1, 50), command_id(4));
    world.a.node.run();
    world.a.node.deaf = false;
    world.a.node.settle();
    CHECK(world.a.node.answer(in_flight).outcome == CommandOutcome::accepted);
    CHECK(world.a.node.answer(late).outcome == CommandOutcome::unavailable);
    CHECK(world.a.node.state() == PartitionState::standby);
}

TEST_CASE("the directory of owners keeps the newest claim, also over a restart, and nothing too long") {
    memory::MemoryStore store;
    {
        const auto directory = std::move(*OwnerDirectory::open(store, 4));
        CHECK_FALSE(directory->find({1}));
        directory->note({1}, {{5}, "a", "http://a:1"});
        directory->note({1}, {{4}, "b", "http://b:1"});
        directory->note({2}, {{1}, std::string(1000, 'n'), std::string(1000, 'u')});
        directory->note({3}, {{9}, "c", "http://c:1"});
        directory->note({4}, {{9}, "c", "http://c:1"});
    }
    const auto directory = std::move(*OwnerDirectory::open(store, 4));
    CHECK(directory->find({1})->node == "a");
    CHECK(directory->find({1})->claimed_at == Offset{5});
    CHECK(directory->find({2})->node.size() == limits::node_name_bytes_max);
    CHECK(directory->find({2})->url.empty());
    CHECK_FALSE(directory->find({0}));
    CHECK(directory->urls() == std::vector<std::string>{"http://a:1", "http://c:1"});
}

}  // namespace
}  // namespace granary::command_side::test
