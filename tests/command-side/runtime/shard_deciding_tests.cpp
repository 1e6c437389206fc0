// Deciding: answers of every kind, pipelining, order, versions, times, deadlines and limits.
#include <doctest/doctest.h>

#include "tests/command-side/runtime/shard_world.hpp"

namespace granary::command_side::test {
namespace {

using memory::MemoryLog;
using ports::CommandOutcome;

struct World {
    MemoryLog log{identity(), MemoryLog::Mode::pumped};
    std::unique_ptr<memory::MemoryStore> store = make_store();
    Node node{log, *store};
};

TEST_CASE("a shard claims its partition before it decides anything") {
    World world;
    const auto reply = world.node.submit(create_product("A"), command_id(1));
    world.node.run();
    CHECK(world.node.state() == PartitionState::claiming);
    CHECK(world.node.appended == 1);  // the Claim alone, until it counts
    world.node.settle();
    CHECK(world.node.state() == PartitionState::owned);
    REQUIRE(world.node.answered(reply));
    const auto& answer = world.node.answer(reply);
    CHECK(answer.outcome == CommandOutcome::accepted);
    CHECK(answer.position == Position{the_partition, {1}});
    CHECK(answer.version == 1);
    REQUIRE(answer.commit);
    CHECK(answer.commit->events.size() == 1);
    CHECK(answer.commit->meta.command_id == command_id(1));
    CHECK(answer.commit->meta.actor == "tester");
    CHECK(fold_log(world.log).claims == 1);
}

TEST_CASE("commits are pipelined: later ones see earlier ones that are still in flight") {
    World world;
    world.node.settle();
    const auto created = world.node.submit(create_product("A"), command_id(1));
    const auto renamed = world.node.submit(rename_product("A", "other"), command_id(2));
    world.node.run();
    CHECK(world.log.waiting() == 2);
    CHECK_FALSE(world.node.answered(created));
    world.log.pump(1);
    world.node.run();
    CHECK(world.node.answered(created));
    CHECK_FALSE(world.node.answered(renamed));
    world.node.settle();
    CHECK(world.node.answer(renamed).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(renamed).version == 2);
}

TEST_CASE("a refusal and a no-op wait for the commits that they were decided on") {
    World world;
    world.node.settle();
    world.node.submit(create_product("A", "same"), command_id(1));
    const auto refused = world.node.submit(create_product("A", "again"), command_id(2));
    const auto unchanged = world.node.submit(rename_product("A", "same"), command_id(3));
    world.node.run();
    CHECK_FALSE(world.node.answered(refused));
    CHECK_FALSE(world.node.answered(unchanged));
    world.node.settle();
    CHECK(world.node.answer(refused).outcome == CommandOutcome::refused);
    CHECK(world.node.answer(refused).refusal.code == RefusalCode::already_exists);
    CHECK(world.node.answer(refused).position == Position{the_partition, {1}});
    CHECK(world.node.answer(unchanged).outcome == CommandOutcome::unchanged);
    CHECK(world.node.answer(unchanged).version == 1);
    // With nothing in flight they are answered at once.
    const auto late = world.node.submit(rename_product("A", "same"), command_id(4));
    world.node.run();
    CHECK(world.node.answer(late).outcome == CommandOutcome::unchanged);
    // Neither is remembered.
    CHECK(world.node.ask(rename_product("A", "new"), command_id(2)).outcome == CommandOutcome::accepted);
}

TEST_CASE("If-Match: another version is refused, the right one is not, zero means must not exist") {
    World world;
    ports::CommandRequest request;
    request.command = rename_product("A", "x");
    request.actor = "tester";
    const auto ask = [&](std::uint64_t id, Command command, std::uint64_t version) {
        request.id = command_id(id);
        request.command = std::move(command);
        request.expected_version = version;
        const auto reply = world.node.submit(request);
        world.node.settle();
        return world.node.answer(reply);
    };
    CHECK(ask(1, create_product("A"), 3).refusal.code == RefusalCode::stale_version);
    CHECK(ask(2, create_product("A"), 0).outcome == CommandOutcome::accepted);
    const auto stale = ask(3, rename_product("A", "x"), 0);
    CHECK(stale.outcome == CommandOutcome::refused);
    CHECK(stale.refusal.code == RefusalCode::stale_version);
    CHECK(stale.version == 1);
    CHECK(ask(4, rename_product("A", "x"), 1).outcome == CommandOutcome::accepted);
    // A retry of an accepted command is replayed, although the version has moved on.
    CHECK(ask(4, rename_product("A", "x"), 1).outcome == CommandOutcome::replayed);
}

TEST_CASE("a commit's time never decreases, and is never before its cause") {
    World world;
    const auto time_of = [&](std::uint64_t id, Time not_before) {
        ports::CommandRequest request;
        request.command = create_product("P" + std::to_string(id));
        request.id = command_id(id);
        request.not_before = not_before;
        const auto reply = world.node.submit(std::move(request));
        world.node.settle();
        return world.node.answer(reply).commit->meta.time;
    };
    const Time start = world.node.now.wall;
    CHECK(time_of(1, {}) == start);
    CHECK(time_of(2, start + seconds(5)) == start + seconds(5));
    world.node.now.wall = start - hours(1);  // the clock is set back
    CHECK(time_of(3, {}) == start + seconds(5));
    world.node.now.wall = start + seconds(9);
    CHECK(time_of(4, start) == start + seconds(9));
    // Nor behind a commit that is still in flight.
    ports::CommandRequest caused;
    caused.command = create_product("caused");
    caused.id = command_id(5);
    caused.not_before = start + seconds(20);
    world.node.submit(std::move(caused));
    CHECK(time_of(6, {}) == start + seconds(20));
}

TEST_CASE("an event keeps its own time of business") {
    World world;
    ports::CommandRequest request;
    request.command = create_product("A");
    request.id = command_id(1);
    request.occurred_at = {77};
    const auto reply = world.node.submit(std::move(request));
    world.node.settle();
    CHECK(world.node.answer(reply).commit->events.front().occurred_at == Time{77});
    CHECK(world.node.answer(reply).commit->meta.time == world.node.now.wall);
}

TEST_CASE("a deadline that passes in the queue is unavailable, in flight it is unknown") {
    World world;
    ports::CommandRequest request;
    request.command = create_product("Q");
    request.id = command_id(1);
    request.deadline = seconds(1);
    const auto queued = world.node.submit(request);  // the Claim is not answered, so it waits
    world.node.run();
    world.node.advance(seconds(2));
    world.node.run();
    CHECK(world.node.answer(queued).outcome == CommandOutcome::unavailable);
    world.node.settle();
    request.command = create_product("F");
    request.id = command_id(2);
    const auto in_flight = world.node.submit(request);
    world.node.run();
    world.node.advance(seconds(2));
    world.node.run();
    CHECK(world.node.answer(in_flight).outcome == CommandOutcome::unknown);
    world.node.settle();  // it comes to count all the same, and is not answered twice
    CHECK(world.node.ask(create_product("F"), command_id(2)).outcome == CommandOutcome::replayed);
    CHECK(fold_log(world.log).commits.count(command_id(1)) == 0);
}

TEST_CASE("no more than in_flight_max commits are unacknowledged; the rest waits its turn") {
    World world;
    world.node.settle();
    const std::size_t count = limits::in_flight_max + 100;
    std::vector<std::uint64_t> replies;
    for (std::size_t i = 0; i < count; ++i) replies.push_back(world.node.submit(create_product("P" + std::to_string(i)), command_id(i + 1)));
    world.node.run();
    CHECK(world.log.waiting() == limits::in_flight_max);
    CHECK(world.node.shard.status().queued == 100);
    world.log.pump(10);
    world.node.run();
    CHECK(world.log.waiting() == limits::in_flight_max);
    world.node.settle();
    for (const auto reply : replies) CHECK(world.node.answer(reply).outcome == CommandOutcome::accepted);
}

TEST_CASE("commands that break the contract of the port are refused, not stored") {
    World world;
    CHECK(world.node.ask(create_product("A"), CommandId{}).refusal.code == RefusalCode::invalid);
    ports::CommandRequest request;
    request.command = create_product("A");
    request.id = command_id(1);
    request.actor = std::string(limits::actor_bytes_max + 1, 'x');
    const auto reply = world.node.submit(std::move(request));
    world.node.settle();
    CHECK(world.node.answer(reply).refusal.code == RefusalCode::limit_exceeded);
    CHECK(fold_log(world.log).commits.empty());
}

TEST_CASE("what a full log refuses is unavailable, and works again afterwards") {
    World world;
    world.node.settle();
    world.log.set_disk_full(true);
    const auto first = world.node.submit(create_product("A"), command_id(1));
    const auto second = world.node.submit(create_product("A"), command_id(2));
    world.node.settle();
    CHECK(world.node.answer(first).outcome == CommandOutcome::unavailable);
    CHECK(world.node.answer(first).fault.code == FaultCode::disk_full);
    CHECK(world.node.answer(second).outcome == CommandOutcome::unavailable);  // decided again without the first, refused again
    world.log.set_disk_full(false);
    CHECK(world.node.ask(create_product("A"), command_id(1)).outcome == CommandOutcome::accepted);
}

TEST_CASE("one refused append takes those behind it along: they are decided again") {
    World world;
    world.node.settle();
    world.log.answer_next(ports::DeliveryOutcome::refused, false);
    const auto created = world.node.submit(create_product("A"), command_id(1));
    const auto renamed = world.node.submit(rename_product("A", "x"), command_id(2));
    const auto other = world.node.submit(create_product("B"), command_id(3));
    world.node.settle();
    CHECK(world.node.answer(created).outcome == CommandOutcome::unavailable);
    CHECK(world.node.answer(renamed).refusal.code == RefusalCode::not_found);
    CHECK(world.node.answer(other).outcome == CommandOutcome::accepted);
    CHECK(fold_log(world.log).commits == std::map<CommandId, int>{{command_id(3), 1}});
}

TEST_CASE("nothing is appended behind an append that was refused while others are in flight: it would extend what is not in the log") {
    World world;
    world.node.settle();
    const auto before = world.node.submit(create_product("A"), command_id(1));
    world.node.run();
    world.log.set_disk_full(true);
    const auto refused = world.node.submit(create_product("B"), command_id(2));
    world.node.run();
    world.log.set_disk_full(false);
    const auto behind = world.node.submit(create_product("C"), command_id(3));
    world.node.run();
    CHECK(world.log.waiting() == 1);
    world.node.settle();
    CHECK(world.node.answer(before).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(refused).outcome == CommandOutcome::unavailable);
    CHECK(world.node.answer(behind).outcome == CommandOutcome::accepted);
    CHECK(world.log.end(the_partition)->number == 3);
}

TEST_CASE("reservations are parts of a stock: many are in flight at once, and none is sold twice") {
    World world;
    world.node.settle();
    world.node.submit(receive_stock("S", 10), command_id(1));
    std::vector<std::uint64_t> replies;
    for (std::uint64_t i = 0; i < 12; ++i) replies.push_back(world.node.submit(reserve_stock("S", i, 1), command_id(100 + i)));
    const auto released = world.node.submit(release_stock("S", 3), command_id(200));
    const auto again = world.node.submit(reserve_stock("S", 50, 1), command_id(201));
    const auto sold_out = world.node.submit(reserve_stock("S", 51, 1), command_id(202));
    world.node.settle();
    for (std::size_t i = 0; i < 10; ++i) CHECK(world.node.answer(replies[i]).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(replies[10]).refusal.code == RefusalCode::out_of_stock);
    CHECK(world.node.answer(released).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(again).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(sold_out).refusal.code == RefusalCode::out_of_stock);
    CHECK(world.node.shard.checkpoint(world.node.now));
    CHECK(rows_of(*world.store) == fold_log(world.log).rows);
}

TEST_CASE("releasing a partition finishes what is in flight and stands by until asked") {
    World world;
    world.node.settle();
    const auto in_flight = world.node.submit(create_product("A"), command_id(1));
    world.node.run();
    world.node.input.release = true;
    const auto late = world.node.submit(create_product("B"), command_id(2));
    world.node.settle();
    CHECK(world.node.answer(in_flight).outcome == CommandOutcome::accepted);
    CHECK(world.node.answer(late).outcome == CommandOutcome::unavailable);
    CHECK(world.node.state() == PartitionState::standby);
    world.node.advance(hours(1));
    CHECK(world.node.ask(create_product("B"), command_id(2)).outcome == CommandOutcome::unavailable);
    world.node.input.claim = true;
    world.node.settle();
    CHECK(world.node.ask(create_product("B"), command_id(2)).outcome == CommandOutcome::accepted);
}

}  // namespace
}  // namespace granary::command_side::test
