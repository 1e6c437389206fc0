// Damage is not a lost race: the shard halts, says where, and appends no Claim that would bury what follows.
#include <doctest/doctest.h>

#include "tests/command-side/runtime/shard_world.hpp"

namespace granary::command_side::test {
namespace {

using memory::MemoryLog;
using ports::CommandOutcome;

// Waits for nothing: as many rounds as any back-off could need.
void try_hard(Node& node) {
    for (int i = 0; i < 20; ++i) {
        node.settle();
        node.advance(seconds(5));
    }
}

void check_halted(Node& node, MemoryLog& log, Offset end_before) {
    try_hard(node);
    CHECK(node.state() == PartitionState::halted);
    CHECK_FALSE(node.shard.status().reason.empty());
    CHECK(*log.end(the_partition) == end_before);  // no Claim, nothing at all
    const auto answer = node.ask(create_product("late"), command_id(999'999));
    CHECK(answer.outcome == CommandOutcome::unavailable);
    CHECK(answer.fault.code == FaultCode::halted);
}

TEST_CASE("one record changed in the middle of ten thousand halts the partition, and no Claim is appended") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto early_store = make_store();
    {
        const auto store = make_store();
        Node node(log, *store);
        for (std::uint64_t i = 0; i < 10'000; ++i) {
            node.submit(create_product("P" + std::to_string(i)), command_id(i + 1));
            if (i % 1000 == 999) node.settle();
            if (i == 3999) {
                REQUIRE(node.shard.checkpoint(node.now));
                for (const auto table : tables::all) {
                    ports::StoreBatch copy;
                    REQUIRE(store->scan(table, "", "", [&](std::string_view key, std::string_view value) {
                        copy.put(table, std::string(key), std::string(value));
                        return true;
                    }));
                    REQUIRE(early_store->write(copy, ports::Durability::process));
                }
            }
        }
        node.settle();
    }
    const Offset end = *log.end(the_partition);
    REQUIRE(end.number == 10'001);
    log.flip_bit(the_partition, {5000}, chain::header_bytes + 100, 3);
    const auto empty_store = make_store();
    Node from_start(log, *empty_store, 2);
    check_halted(from_start, log, end);
    Node from_checkpoint(log, *early_store, 3);
    check_halted(from_checkpoint, log, end);
}

TEST_CASE("a changed record with few behind it is not buried: the partition halts before the Claim, from wherever it reads") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    log.set_stores_prefixes(true);
    const auto store = make_store();
    {
        Node node(log, *store);
        for (std::uint64_t i = 1; i <= 20; ++i) node.ask(create_product("P" + std::to_string(i)), command_id(i));
        REQUIRE(node.shard.checkpoint(node.now));
        for (std::uint64_t i = 21; i <= 40; ++i) node.ask(create_product("P" + std::to_string(i)), command_id(i));
    }
    const Offset end = *log.end(the_partition);
    REQUIRE(end.number == 41);
    std::string at = "0:32";
    SUBCASE("its body") { log.flip_bit(the_partition, {31}, chain::header_bytes + 60, 0); }
    SUBCASE("what it extends") {
        log.flip_bit(the_partition, {31}, 20, 0);
        at = "0:31";
    }
    SUBCASE("the last but one") {
        log.flip_bit(the_partition, {39}, chain::header_bytes + 60, 0);
        at = "0:40";
    }
    Node node(log, *store, 2);
    check_halted(node, log, end);
    CHECK(node.shard.status().reason.find(at) != std::string::npos);
    const auto empty_store = make_store();
    Node from_start(log, *empty_store, 3);
    check_halted(from_start, log, end);
}

TEST_CASE("what a fenced owner wrote late is no damage, however old the head that it extends") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    log.set_stores_prefixes(true);
    const auto store = make_store();
    Digest old_head;
    {
        Node node(log, *store);
        for (std::uint64_t i = 1; i <= 10; ++i) node.ask(create_product("P" + std::to_string(i)), command_id(i));
        old_head = fold_log(log).head;
        for (std::uint64_t i = 11; i <= 20; ++i) node.ask(create_product("P" + std::to_string(i)), command_id(i));
        REQUIRE(node.shard.checkpoint(node.now));
    }
    // A pipeline of three at a head of long ago, one of them twice.
    Digest head = old_head;
    for (int i = 0; i < 3; ++i) {
        const auto record = chain::make_record(head, encode_commit(foreign_stock_receipt("S", 1, 1)));
        head = sha256(record);
        for (int copies = 0; copies < (i == 1 ? 2 : 1); ++copies) log.inject(the_partition, record);
    }
    Node node(log, *store, 2);
    node.settle();
    CHECK(node.state() == PartitionState::owned);
    CHECK(node.ask(create_product("P15"), command_id(15)).outcome == CommandOutcome::replayed);
}

TEST_CASE("a log that may lose part of a burst is claimed, whatever its void records extend") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    log.inject(the_partition, chain::make_record({}, "extends nothing"));
    Node node(log, *store);
    node.settle();
    CHECK(node.state() == PartitionState::owned);
}

TEST_CASE("an accepted commit that can't have happened halts the partition, at whichever start, and says where and on what") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    {
        Node node(log, *store);
        node.ask(receive_stock("S", 10), command_id(1));
    }
    auto commit = foreign_stock_receipt("S", 1, 2);
    inventory::StockAdjustedT taken;
    taken.sku = sku("S");
    taken.warehouse = std::get<inventory::StockReceivedT>(std::get<inventory::Event>(commit.events[0].event)).warehouse;
    taken.delta = -100;
    taken.reason = "theft";
    commit.events.push_back({Event(inventory::Event(std::move(taken))), {5}});  // the first event is sound
    inject_at_head(log, commit);
    const Offset end = *log.end(the_partition);
    for (const bool keep_store : {true, false}) {
        const auto empty_store = make_store();
        Node node(log, keep_store ? *store : *empty_store, 2);
        check_halted(node, log, end);
        const auto reason = node.shard.status().reason;
        CAPTURE(reason);
        for (const char* part : {"position 0:2", "MAIN/S", "stock_adjusted", "less stock than is reserved"}) CHECK(reason.find(part) != std::string::npos);
        CHECK(rows_of(*empty_store).empty());
    }
}

TEST_CASE("a changed record under the checkpoint's anchor halts at start; so does a log that ends before it") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    {
        Node node(log, *store);
        for (std::uint64_t i = 1; i <= 10; ++i) node.ask(create_product("P" + std::to_string(i)), command_id(i));
        REQUIRE(node.shard.checkpoint(node.now));
    }
    SUBCASE("changed") { log.flip_bit(the_partition, {10}, chain::header_bytes + 60, 0); }
    SUBCASE("cut") { log.truncate(the_partition, {7}); }
    const Offset end = *log.end(the_partition);
    Node node(log, *store, 2);
    check_halted(node, log, end);
}

TEST_CASE("a log that is cut under a live owner is noticed at its next append") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    Node node(log, *store);
    for (std::uint64_t i = 1; i <= 10; ++i) node.ask(create_product("P" + std::to_string(i)), command_id(i));
    log.truncate(the_partition, {6});
    const auto reply = node.submit(create_product("next"), command_id(50));
    node.settle();
    CHECK(node.state() == PartitionState::halted);
    CHECK(node.answer(reply).outcome == CommandOutcome::unknown);  // what was in flight may not be denied
}

TEST_CASE("a gap is filled only behind a last record that is still the one that was accepted") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    Node node(log, *store);
    for (std::uint64_t i = 1; i <= 10; ++i) node.ask(create_product("P" + std::to_string(i)), command_id(i));
    const std::string stranger = chain::make_record({}, "extends nothing");
    SUBCASE("it was changed") {
        log.flip_bit(the_partition, {10}, chain::header_bytes + 60, 0);
        log.inject(the_partition, stranger);
    }
    SUBCASE("the log was cut, and grew again") {
        log.truncate(the_partition, {9});
        for (int i = 0; i < 5; ++i) log.inject(the_partition, stranger);
    }
    node.submit(create_product("next"), command_id(50));
    node.settle();
    CHECK(node.state() == PartitionState::halted);
}

TEST_CASE("a replay whose record was changed halts instead of telling something else") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    Node node(log, *store);
    for (std::uint64_t i = 1; i <= 10; ++i) node.ask(create_product("P" + std::to_string(i)), command_id(i));
    log.flip_bit(the_partition, {3}, chain::header_bytes + 60, 0);
    CHECK(node.ask(create_product("P5"), command_id(5)).outcome == CommandOutcome::replayed);
    CHECK(node.ask(create_product("P3"), command_id(3)).outcome == CommandOutcome::unavailable);
    CHECK(node.state() == PartitionState::halted);
}

TEST_CASE("an accepted record that can't be read halts until an operator annuls it") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    Node node(log, *store);
    node.ask(create_product("A"), command_id(1));
    log.inject(the_partition, chain::make_record(fold_log(log).head, "not a message"));
    const Digest head = sha256(log.read(the_partition, {2}, 1)->records.front().bytes.view());
    check_halted(node, log, {3});
    envelope::AnnulT annul;
    annul.offset = 2;
    annul.reason = "written by a broken tool";
    annul.actor = "operator";
    log.inject(the_partition, chain::make_record(head, encode_body(LogEntry(annul))));
    Node after(log, *store, 2);
    after.settle();
    CHECK(after.state() == PartitionState::owned);
    CHECK(after.ask(create_product("A"), command_id(1)).outcome == CommandOutcome::replayed);
    CHECK(after.ask(create_product("B"), command_id(2)).outcome == CommandOutcome::accepted);
}

TEST_CASE("an accepted commit that does not continue its stream halts") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    Node node(log, *store);
    node.ask(receive_stock("S", 1), command_id(1));
    inject_at_head(log, foreign_stock_receipt("S", 1, 7));
    check_halted(node, log, {3});
}

class SometimesUnread final : public MemoryLog {
  public:
    using MemoryLog::MemoryLog;
    Result<ports::LogPage> read(Partition partition, Offset from, std::size_t bytes_max) override {
        if (from == unread) {
            unread = {};
            return fault(FaultCode::unavailable, "not now");
        }
        return MemoryLog::read(partition, from, bytes_max);
    }
    Offset unread;
};

TEST_CASE("an owner to be that can't look for damage at once looks again, though nobody writes meanwhile") {
    SometimesUnread log(identity(), MemoryLog::Mode::pumped);
    log.set_stores_prefixes(true);
    const auto claim_of = [](const std::string& node) {
        envelope::ClaimT claim;
        claim.node = node;
        return encode_body(LogEntry(claim));
    };
    const Digest genesis = chain::genesis(identity().id, the_partition);
    log.inject(the_partition, chain::make_record(genesis, claim_of("x")));
    log.inject(the_partition, chain::make_record(genesis, claim_of("y")));  // lost its race
    log.unread = Offset{1};
    const auto store = make_store();
    Node node(log, *store);
    node.settle();
    REQUIRE(log.unread == Offset{});
    CHECK(node.state() == PartitionState::starting);
    node.advance(limits::shard_retry);
    node.settle();
    CHECK(node.state() == PartitionState::owned);
}

}  // namespace
}  // namespace granary::command_side::test
