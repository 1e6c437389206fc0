// A shard appends nothing where its log does not go on: behind a Seal that names another place, or in a copy.
#include <doctest/doctest.h>

#include "tests/command-side/runtime/shard_world.hpp"

namespace granary::command_side::test {
namespace {

using memory::MemoryLog;
using ports::CommandOutcome;

constexpr Uuid place_of_copy{0x77, 0x88};

envelope::SealT seal_for(Uuid place) {
    envelope::SealT seal;
    seal.reason = "it goes on at kafka:shop";
    seal.actor = "operator";
    seal.place = hex_of(place);
    return seal;
}

void check_closed(Node& node, MemoryLog& log, const std::string& says) {
    const Offset end = *log.end(the_partition);
    for (int i = 0; i < 20; ++i) {
        node.settle();
        node.advance(seconds(5));
    }
    const auto answer = node.ask(create_product("late"), command_id(999));
    CHECK(answer.outcome == CommandOutcome::unavailable);
    CHECK(answer.fault.code == FaultCode::halted);
    CHECK(answer.fault.message.find(says) != std::string::npos);
    CHECK(node.state() == PartitionState::halted);
    CHECK(*log.end(the_partition) == end);
}

// The records of one log in another.
void copy_into(MemoryLog& from, MemoryLog& to) {
    const auto page = from.read(the_partition, {0}, 1 << 20);
    REQUIRE(page);
    for (const auto& record : page->records) to.inject(the_partition, std::string(record.bytes.view()));
}

TEST_CASE("a sealed log takes no more commands, before and after a restart, with and without a checkpoint") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    {
        Node node(log, *store);
        node.ask(create_product("A"), command_id(1));
        inject_at_head(log, LogEntry(seal_for(place_of_copy)));
        check_closed(node, log, "it goes on at kafka:shop");
    }
    {
        Node restarted(log, *store);
        check_closed(restarted, log, "it goes on at kafka:shop");
    }
    const auto empty = make_store();
    {
        Node anew(log, *empty, 2);
        check_closed(anew, log, "it goes on at kafka:shop");
    }
}

TEST_CASE("a checkpoint whose last record is the Seal knows it after a restart") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    {
        Node node(log, *store);
        node.ask(create_product("A"), command_id(1));
    }
    inject_at_head(log, LogEntry(seal_for(place_of_copy)));
    {
        Node standing_by(log, *store, 2);  // folds the Seal, and halts
        check_closed(standing_by, log, "sealed");
    }
    const auto head = fold_log(log).head;
    ports::StoreBatch batch;
    batch.put(tables::shards, shard_key(the_partition), encode_checkpoint({{{log.end(the_partition)->number - 1}, head}, Time{1}}));
    REQUIRE(store->write(batch, ports::Durability::process));
    Node restarted(log, *store, 3);
    check_closed(restarted, log, "sealed");
}

TEST_CASE("a command in flight when the log is sealed is not acknowledged, and no record of it counts") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    Node node(log, *store);
    node.ask(create_product("A"), command_id(1));
    const auto in_flight = node.submit(create_product("B"), command_id(2));
    node.run();  // appended, not stored
    inject_at_head(log, LogEntry(seal_for(place_of_copy)));
    node.settle();
    REQUIRE(node.answered(in_flight));
    CHECK(node.answer(in_flight).outcome != CommandOutcome::accepted);
    const auto fold = fold_log(log);
    CHECK(fold.commits.count(command_id(2)) == 0);
    CHECK(fold.voids == 1);
}

TEST_CASE("a copy takes commands once it is live, goes on behind the Seal that names it, and remembers old commands") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    {
        Node node(log, *store);
        node.ask(create_product("A"), command_id(1));
    }
    ports::LogIdentity place = identity();
    place.place = place_of_copy;
    place.live = false;
    MemoryLog copy(place, MemoryLog::Mode::pumped);
    inject_at_head(log, LogEntry(seal_for(place_of_copy)));
    copy_into(log, copy);
    {
        const auto fresh = make_store();
        Node too_early(copy, *fresh, 2);
        check_closed(too_early, copy, "copy");
    }
    copy.make_live();
    {
        const auto fresh = make_store();
        Node moved(copy, *fresh, 3);
        CHECK(moved.ask(create_product("A"), command_id(1)).outcome == CommandOutcome::replayed);  // the same command, its first answer
        CHECK(fold_log(copy).commits.at(command_id(1)) == 1);
        CHECK(moved.ask(create_product("B"), command_id(2)).outcome == CommandOutcome::accepted);
    }
    // With the original's own store, too: positions are the same.
    Node with_old_store(copy, *store, 4);
    CHECK(with_old_store.ask(create_product("C"), command_id(3)).outcome == CommandOutcome::accepted);
    CHECK(fold_log(copy).commits.size() == 3);
}

}  // namespace
}  // namespace granary::command_side::test
