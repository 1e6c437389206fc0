// A new kind or version of an event is written only behind a Format record that allows it; a release that can't read it halts there.
#include <doctest/doctest.h>

#include <cstring>

#include "core/chain.hpp"
#include "schemas/envelope_tables.h"
#include "tests/command-side/runtime/shard_world.hpp"

namespace granary::command_side::test {
namespace {

using memory::MemoryLog;
using ports::CommandOutcome;

// A release that reads `known` on a log that began before there were Format records.
Beside release(std::uint32_t known, bool alone = false) {
    Beside beside;
    beside.bounds.format_level = known;
    beside.bounds.unmarked_level = 1;
    beside.raise_format = alone;
    return beside;
}

Command adjust(std::string_view of, std::int64_t delta, inventory::AdjustmentKind kind, std::string reason) {
    inventory::AdjustStockT command;
    command.sku = sku(of);
    command.warehouse = WarehouseCode::from_stored("MAIN");
    command.delta = delta;
    command.kind = kind;
    command.reason = std::move(reason);
    return inventory::Command(std::move(command));
}

Command import_invoice() {
    invoices::ImportInvoiceT command;
    command.source = "books";
    command.number = "1";
    auto line = std::make_unique<invoices::InvoiceLineT>();
    line->stock_code = sku("S");
    line->quantity = 1;
    line->unit_price = {10'000, currency("GBP")};
    line->at = Time{1'000'000};
    command.lines.push_back(std::move(line));
    return invoices::Command(std::move(command));
}

envelope::FormatT format(std::uint32_t level) {
    envelope::FormatT record;
    record.level = level;
    record.actor = "operator:ada";
    return record;
}

// Written by an operator. A quiet owner looks for records of others once in a while.
void hear_of_level(MemoryLog& log, Node& node, std::uint32_t level) {
    inject_at_head(log, LogEntry(format(level)));
    node.settle();
    node.advance(limits::shard_retry);
    node.settle();
}

// The key under which the event of the last record that holds one is stored.
EventKey last_key(MemoryLog& log) {
    EventKey key;
    const auto page = log.read(the_partition, {0}, 1 << 20);
    REQUIRE(page);
    for (const auto& record : page->records) {
        const auto body = chain::body_of(record.bytes.view());
        const std::vector<std::uint64_t> aligned = [&] {
            std::vector<std::uint64_t> words((body.size() + 7) / 8);
            std::memcpy(words.data(), body.data(), body.size());
            return words;
        }();
        const auto* commit = flatbuffers::GetRoot<envelope::Record>(aligned.data())->body_as_Commit();
        if (commit != nullptr) key = {commit->events()->Get(0)->type(), commit->events()->Get(0)->version()};
    }
    return key;
}

TEST_CASE("before a Format record allows more, an event is written in its old form, and state is what readers will find") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    Node node(log, *store, 1, 1000, release(2));
    node.ask(receive_stock("S", 10), command_id(1));
    const auto answer = node.ask(adjust("S", -1, inventory::AdjustmentKind::damage, "fell down"), command_id(2));
    REQUIRE(answer.outcome == CommandOutcome::accepted);
    CHECK(last_key(log) == EventKey{302, 1});
    const auto& told = std::get<inventory::StockAdjustedT>(std::get<inventory::Event>(answer.commit->events.front().event));
    CHECK(told.reason == "damage: fell down");
    CHECK(told.kind == inventory::AdjustmentKind::damage);
    REQUIRE(node.shard.checkpoint(node.now));
    CHECK(rows_of(*store) == fold_log(log).rows);

    hear_of_level(log, node, 2);
    node.ask(adjust("S", -1, inventory::AdjustmentKind::damage, "fell down"), command_id(3));
    CHECK(last_key(log) == EventKey{302, 2});
}

TEST_CASE("what has no old form waits for its Format record") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    Node node(log, *store, 1, 1000, release(2));
    const auto early = node.ask(import_invoice(), command_id(1));
    CHECK(early.outcome == CommandOutcome::unavailable);
    CHECK(early.fault.message.find("granary log format") != std::string::npos);
    CHECK(log.end(the_partition)->number == 1);  // the claim
    hear_of_level(log, node, 2);
    CHECK(node.ask(import_invoice(), command_id(1)).outcome == CommandOutcome::accepted);
}

TEST_CASE("a release that can't read the level halts at its record, says what to do, and writes nothing") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    {
        Node old(log, *store, 1, 1000, release(1));
        old.ask(create_product("A"), command_id(1));
        hear_of_level(log, old, 2);
        const Offset end = *log.end(the_partition);
        const auto answer = old.ask(create_product("B"), command_id(2));
        CHECK(answer.outcome == CommandOutcome::unavailable);
        CHECK(answer.fault.message.find("upgrade this node") != std::string::npos);
        CHECK(old.state() == PartitionState::halted);
        CHECK(*log.end(the_partition) == end);
    }
    Node upgraded(log, *store, 1, 1000, release(2));
    CHECK(upgraded.ask(create_product("B"), command_id(2)).outcome == CommandOutcome::accepted);
}

TEST_CASE("the level is part of the checkpoint") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    {
        Node node(log, *store, 1, 1000, release(2));
        node.ask(create_product("A"), command_id(1));
        hear_of_level(log, node, 2);
        node.ask(create_product("B"), command_id(2));
        REQUIRE(node.shard.checkpoint(node.now));
    }
    Node again(log, *store, 1, 1000, release(2));
    CHECK(again.ask(import_invoice(), command_id(3)).outcome == CommandOutcome::accepted);
}

TEST_CASE("a checkpoint of a release before the level is read, and says nothing of one") {
    Checkpoint checkpoint{{{7}, sha256("head")}, Time{5}, 3};
    const std::string bytes = encode_checkpoint(checkpoint);
    CHECK(decode_checkpoint(bytes)->level == 3);
    const auto older = decode_checkpoint(std::string_view(bytes).substr(0, bytes.size() - 4));
    REQUIRE(older);
    CHECK(older->level == 0);
    CHECK(older->anchor == checkpoint.anchor);
    CHECK_FALSE(decode_checkpoint(std::string_view(bytes).substr(0, bytes.size() - 1)));
}

TEST_CASE("a node that is alone on its log raises the level behind its claim, once") {
    MemoryLog log(identity(), MemoryLog::Mode::pumped);
    const auto store = make_store();
    {
        Node node(log, *store, 1, 1000, release(2, true));
        CHECK(node.ask(import_invoice(), command_id(1)).outcome == CommandOutcome::accepted);
        CHECK(node.ask(create_product("A"), command_id(2)).outcome == CommandOutcome::accepted);
        CHECK(log.end(the_partition)->number == 4);  // the claim, the level, two commits
        REQUIRE(node.shard.checkpoint(node.now));
    }
    Node again(log, *store, 1, 1000, release(2, true));
    CHECK(again.ask(create_product("B"), command_id(3)).outcome == CommandOutcome::accepted);
    CHECK(log.end(the_partition)->number == 6);  // another claim, another commit
    Node old(log, *store, 2, 1000, release(1, true));
    old.settle();
    CHECK(old.state() == PartitionState::halted);
}

}  // namespace
}  // namespace granary::command_side::test
