// What a broker may do to a writer, on the memory log's switches; and damage as the readers must see it.
#include "core/limits.hpp"
#include "platform/host/log_verification.hpp"
#include "tests/contract/log/chain_writer.hpp"

namespace granary::tests {
namespace {

using memory::MemoryLog;
using ports::DeliveryOutcome;

constexpr std::size_t page = 1 << 20;

// Fills partition 1 with a chain of this many records.
ChainWriter fill(MemoryLog& log, int count) {
    ChainWriter writer(identity_under_test, 1);
    for (int i = 0; i < count; ++i) log.inject({1}, writer.record("node " + std::to_string(i)));
    return writer;
}

// Reads until the end or the fault; returns what was accepted.
std::pair<std::size_t, Status> read_all(ports::Log& log) {
    auto reader = ChainReader::open(log, {1}, std::nullopt);
    REQUIRE(reader);
    std::size_t accepted = 0;
    for (;;) {
        const auto records = reader->read(page);
        if (!records) return {accepted, std::unexpected(records.error())};
        if (records->empty()) return {accepted, {}};
        accepted += records->size();
    }
}

}  // namespace

TEST_CASE("memory log: a delivery without an offset is found by reading back") {
    MemoryLog log(identity_under_test);
    Recorder recorder;
    log.observe(recorder);
    log.answer_next(DeliveryOutcome::stored_offset_unknown, true);
    ChainWriter writer(identity_under_test, 1);
    append_one(log, writer.next("mine", 9));
    const auto delivery = recorder.wait_for(1).front();
    CHECK(delivery.outcome == DeliveryOutcome::stored_offset_unknown);
    CHECK(delivery.token == 9);
    CHECK(delivery.offset.number == Offset::none);
    auto reader = ChainReader::open(log, {1}, std::nullopt);
    CHECK(reader->read(page)->size() == 1);
    CHECK(reader->anchor().hash == writer.head());
}

TEST_CASE("memory log: an unknown outcome may have stored the record, or not") {
    for (const bool stored : {true, false}) {
        MemoryLog log(identity_under_test);
        Recorder recorder;
        log.observe(recorder);
        log.answer_next(DeliveryOutcome::unknown, stored);
        append_one(log, append_of(1, "record"));
        const auto delivery = recorder.wait_for(1).front();
        CHECK(delivery.outcome == DeliveryOutcome::unknown);
        CHECK(delivery.fault.code == FaultCode::timed_out);
        CHECK(log.end({1})->number == (stored ? 1 : 0));
    }
}

TEST_CASE("memory log: a pumped log delivers what it is told to, a duplicate once, and has a bounded queue") {
    MemoryLog log(identity_under_test, MemoryLog::Mode::pumped);
    Recorder recorder;
    log.observe(recorder);
    log.set_queue_max(2);
    append_one(log, append_of(1, "a"));
    append_one(log, append_of(1, "b"));
    CHECK(log.append({append_of(1, "c")}).error().code == FaultCode::unavailable);
    CHECK(recorder.count() == 0);
    log.duplicate_next();
    CHECK(log.pump(1) == 1);
    CHECK(log.waiting() == 1);
    CHECK(log.pump() == 1);
    CHECK(recorder.wait_for(2).back().offset.number == 2);
    CHECK(all_records(log, 1) == std::vector<std::string>{"a", "a", "b"});
    log.set_disk_full(true);
    CHECK(log.append({append_of(1, "c")}).error().code == FaultCode::disk_full);
}

TEST_CASE("damage: a log cut behind an anchor is refused by reader and auditor") {
    MemoryLog log(identity_under_test);
    const auto writer = fill(log, 10);
    const ChainAnchor anchor{{9}, writer.head()};
    log.truncate({1}, {7});
    const auto refused = ChainReader::open(log, {1}, anchor);
    REQUIRE(!refused);
    CHECK(refused.error().code == FaultCode::corrupt);
    VerifyOptions options;
    options.anchors = {std::nullopt, anchor};
    CHECK(verify_log(log, options).partitions[1].bad == Offset{7});
}

TEST_CASE("damage: one record changed in the middle of ten thousand halts the partition, and no claim can bury what follows") {
    MemoryLog log(identity_under_test);
    constexpr int changed = 5000;
    fill(log, 10'000);
    const auto victim = log.read({1}, {changed}, 1);
    const auto at = victim->records.front().bytes.view().find("node 5000");
    log.flip_bit({1}, {changed}, at + 8, 0);  // still a perfectly readable record
    const auto [accepted, status] = read_all(log);
    REQUIRE(!status);
    CHECK(status.error().code == FaultCode::halted);
    CHECK(accepted <= changed + 1);
    CHECK(accepted >= changed);
    CHECK(status.error().message.find("1:5001") != std::string::npos);
    // Whoever looks again, from any sound anchor, halts as well: it never reaches the end where a claim would be written.
    const auto [again, still] = read_all(log);
    CHECK(again == accepted);
    CHECK(!still);
    CHECK(verify_log(log, {}).partitions[1].bad == Offset{changed});
}

TEST_CASE("damage: any one changed bit of any record is found and located, however near the end") {
    constexpr int count = 40;
    for (int victim = 0; victim < count - 1; ++victim) {
        MemoryLog log(identity_under_test);
        fill(log, count);
        // Header: magic, format, padding, prev, length; then the body.
        for (const std::size_t byte : {0UL, 4UL, 6UL, 8UL, 39UL, 40UL, 44UL, 60UL}) {
            CAPTURE(victim);
            CAPTURE(byte);
            log.flip_bit({1}, {victim}, byte, static_cast<unsigned>(victim % 8));
            const auto verdict = verify_log(log, {});
            CHECK(verdict.partitions[1].bad == Offset{victim});
            log.flip_bit({1}, {victim}, byte, static_cast<unsigned>(victim % 8));
        }
        CHECK(verify_log(log, {}).sound());
    }
}

TEST_CASE("damage: a dropped record is found, and so are two that changed places") {
    ChainWriter writer(identity_under_test, 1);
    std::vector<std::string> records;
    for (int i = 0; i < 10; ++i) records.push_back(writer.record("node " + std::to_string(i)));
    MemoryLog dropped(identity_under_test);
    for (std::size_t i = 0; i < 10; ++i) {
        if (i != 4) dropped.inject({1}, records[i]);
    }
    CHECK(!verify_log(dropped, {}).sound());
    MemoryLog swapped(identity_under_test);
    std::swap(records[4], records[5]);
    for (const auto& record : records) swapped.inject({1}, record);
    auto reader = ChainReader::open(swapped, {1}, std::nullopt);
    CHECK(reader->read(page)->size() == 5);
}

TEST_CASE("damage: a stalled owner's record that extends a head of long ago is no damage") {
    MemoryLog log(identity_under_test);
    ChainWriter writer(identity_under_test, 1);
    log.inject({1}, writer.record("first"));
    ChainWriter stalled(writer);
    for (std::size_t i = 0; i < 10 * limits::in_flight_max; ++i) log.inject({1}, writer.record("n"));
    log.inject({1}, stalled.record("late"));
    log.inject({1}, writer.record("n"));
    const auto verdict = verify_log(log, {});
    CHECK_MESSAGE(verdict.sound(), verdict.partitions[1].reason);
    CHECK(verdict.partitions[1].void_records == 1);
}

TEST_CASE("damage: as many void records as an owner may have in flight are a lost race, one more is damage") {
    for (const std::size_t count : {limits::in_flight_max, limits::in_flight_max + 1}) {
        MemoryLog log(identity_under_test);
        ChainWriter writer = fill(log, 1);
        ChainWriter loser(writer);
        log.inject({1}, writer.record("winner"));
        for (std::size_t i = 0; i < count; ++i) log.inject({1}, loser.record("void"));
        const auto [accepted, status] = read_all(log);
        CHECK(accepted == 2);
        CHECK(status.has_value() == (count == limits::in_flight_max));
    }
}

TEST_CASE("damage: an accepted record that nobody can read halts, until it is annulled") {
    MemoryLog log(identity_under_test);
    ChainWriter writer = fill(log, 2);
    const std::string rubbish = chain::make_record(writer.head(), "rubbish");
    log.inject({1}, rubbish);
    writer.set_head(sha256(rubbish));
    log.inject({1}, writer.record("behind"));
    const auto [accepted, status] = read_all(log);
    CHECK(accepted == 2);
    REQUIRE(!status);
    CHECK(status.error().code == FaultCode::halted);
    CHECK(status.error().message.find("1:2") != std::string::npos);
    CHECK(verify_log(log, {}).partitions[1].bad == Offset{2});
    envelope::AnnulT annul;
    annul.offset = 2;
    annul.reason = "test";
    annul.actor = "operator";
    annul.time = Time{1};
    const std::string annulment = chain::make_record(writer.head(), encode_body(LogEntry(annul)));
    log.inject({1}, annulment);
    const auto [after, fine] = read_all(log);
    CHECK(after == 4);
    CHECK(fine);
    CHECK(verify_log(log, {}).sound());
}

}  // namespace granary::tests
