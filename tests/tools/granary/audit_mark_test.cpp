// Audits that go on where an earlier one ended: what they read, what they still notice, and what they refuse to go on from.
#include "tools/granary/audit_mark.hpp"

#include <doctest/doctest.h>

#include "core/chain.hpp"
#include "core/limits.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "schemas/commit.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "tools/granary/mark_keeper.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

using memory::MemoryLog;

constexpr ports::LogIdentity identity{{7, 8}, 3};
constexpr Partition the_partition{1};

class SetClock final : public ports::Clock {
  public:
    Time now() const override { return {}; }
    Duration monotonic() const override { return at_; }
    void advance(Duration by) { at_ = at_ + by; }

  private:
    Duration at_;
};

std::string body(const std::string& node) {
    envelope::ClaimT claim;
    claim.node = node;
    claim.time = Time{1'000'000};
    return encode_body(LogEntry(claim));
}

// Appends records that chain to each other and to `head`.
Digest append(MemoryLog& log, Digest head, std::size_t count, const std::string& what) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::string record = chain::make_record(head, body(what + std::to_string(i)));
        log.inject(the_partition, record);
        head = sha256(record);
    }
    return head;
}

Digest beginning() { return chain::genesis(identity.id, the_partition); }

LogVerdict verdict_of(ports::Log& log, AuditMark since = {}) {
    VerifyOptions options;
    options.since = std::move(since);
    return verify_log(log, options);
}

}  // namespace

TEST_CASE("audit mark: the next audit reads what is new, and comes to the same head") {
    MemoryLog log(identity);
    const Digest head = append(log, beginning(), 10, "early");
    const auto mark = mark_of(verdict_of(log));
    append(log, head, 4, "late");
    const auto whole = verdict_of(log);
    const auto rest = verdict_of(log, mark);
    CHECK(rest.sound());
    CHECK(whole.records() == 14);
    CHECK(rest.records() == 4);
    CHECK(rest.partitions[1].head == whole.partitions[1].head);
    CHECK(rest.partitions[1].end == whole.partitions[1].end);
    CHECK(mark_of(rest) == mark_of(whole));
    CHECK(verdict_of(log, mark_of(rest)).records() == 0);
}

TEST_CASE("audit mark: a late record of a fenced writer, which extends one in front of the mark, is no damage") {
    MemoryLog log(identity);
    const Digest early = append(log, beginning(), 5, "early");
    const Digest head = append(log, early, 5, "more");
    const auto mark = mark_of(verdict_of(log));
    log.inject(the_partition, chain::make_record(early, body("zombie")));
    append(log, head, 2, "late");
    const auto verdict = verdict_of(log, mark);
    CHECK(verdict.sound());
    CHECK(verdict.partitions[1].void_records == 1);
}

TEST_CASE("audit mark: a log that was cut, changed at the mark, or damaged behind it is found out") {
    MemoryLog log(identity);
    append(log, beginning(), 10, "early");
    const auto mark = mark_of(verdict_of(log));
    MemoryLog cut(identity);
    append(cut, beginning(), 9, "early");
    CHECK_FALSE(verdict_of(cut, mark).sound());
    MemoryLog other(identity);
    append(other, beginning(), 12, "another");
    const auto changed = verdict_of(other, mark);
    CHECK_FALSE(changed.sound());
    CHECK(changed.partitions[1].bad == Offset{9});
    MemoryLog damaged(identity);
    const Digest head = append(damaged, beginning(), 10, "early");
    append(damaged, head, 2, "late");
    damaged.inject(the_partition, "no record");
    const auto verdict = verdict_of(damaged, mark);
    CHECK_FALSE(verdict.sound());
    CHECK(verdict.partitions[1].bad == Offset{12});
}

TEST_CASE("audit mark: an audit that was asked to stop says how far it is, and the next one reads the rest and no more") {
    MemoryLog log(identity);
    constexpr std::size_t count = 3 * limits::log_read_records_max;
    append(log, beginning(), count, "early");
    AuditMark mark(identity.partitions);
    std::stop_source stop;
    VerifyOptions options;
    options.stop = stop.get_token();
    options.passed = [&](Partition partition, const ChainAnchor& record) {
        mark[partition.number] = record;
        stop.request_stop();
    };
    const auto begun = verify_log(log, options);
    CHECK(begun.interrupted);
    CHECK(begun.sound());
    CHECK(begun.records() > 0);
    CHECK(begun.records() < count);
    const auto rest = verdict_of(log, mark);
    CHECK_FALSE(rest.interrupted);
    CHECK(rest.sound());
    CHECK(begun.records() + rest.records() == count);
    CHECK(rest.partitions[1].head == verdict_of(log).partitions[1].head);
}

TEST_CASE("audit mark: nothing passes that is still to be blamed") {
    MemoryLog log(identity);
    const Digest head = append(log, beginning(), limits::log_read_records_max - 1, "early");
    // The last one of the first page was changed: only the next one, which extends what it was, gives it away.
    const std::string was = chain::make_record(head, body("as it was"));
    log.inject(the_partition, chain::make_record(head, body("as it was made")));
    append(log, sha256(was), 2 * limits::log_read_records_max, "late");
    AuditMark mark(identity.partitions);
    VerifyOptions options;
    options.passed = [&](Partition partition, const ChainAnchor& record) { mark[partition.number] = record; };
    const auto whole = verify_log(log, options);
    REQUIRE(whole.partitions[1].bad);
    REQUIRE(mark[1]);
    CHECK(mark[1]->offset <= *whole.partitions[1].bad);
    CHECK(verdict_of(log, mark).partitions[1].bad == whole.partitions[1].bad);

    // So does a record that somebody outside of the log knows to be another.
    MemoryLog other(identity);
    append(other, beginning(), 3 * limits::log_read_records_max, "early");
    mark.assign(identity.partitions, std::nullopt);
    options.anchors.resize(identity.partitions);
    options.anchors[1] = ChainAnchor{{5}, sha256("another record")};
    const auto blamed = verify_log(other, options);
    CHECK(blamed.partitions[1].bad == Offset{5});
    CHECK_FALSE(mark[1]);
}

TEST_CASE("mark keeper: how far an audit has got is on disk before it ends") {
    const tests::TemporaryFolder folder;
    const std::string path = folder.at("mark");
    const auto on_disk = [&] { return *parse_mark(identity, *read_whole_file(path, 4096)); };
    SetClock clock;
    const ChainAnchor early{{3}, sha256("early")};
    const ChainAnchor late{{9}, sha256("late")};
    MarkKeeper keeper(path, identity, {early, {}, {}}, seconds(5), clock);
    REQUIRE(keeper.save());
    CHECK(on_disk() == AuditMark{early, {}, {}});
    keeper.passed({2}, late);
    CHECK(on_disk() == AuditMark{early, {}, {}});
    clock.advance(seconds(5));
    keeper.passed({0}, late);
    CHECK(on_disk() == AuditMark{late, {}, late});
    keeper.passed({1}, early);
    REQUIRE(keeper.save());
    CHECK(on_disk() == AuditMark{late, early, late});
}

TEST_CASE("audit mark: the text is read back whole, of its own log, or not at all") {
    MemoryLog log(identity);
    append(log, beginning(), 3, "early");
    const auto mark = mark_of(verdict_of(log));
    const std::string text = text_of(identity, mark);
    const auto read = parse_mark(identity, text);
    REQUIRE(read);
    CHECK(*read == mark);
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        CHECK_FALSE(parse_mark(identity, changed));
        CHECK_FALSE(parse_mark(identity, text.substr(0, at)));
    }
    CHECK(parse_mark({{7, 9}, 3}, text).error().code == FaultCode::conflict);
    CHECK(parse_mark({{7, 8}, 4}, text).error().code == FaultCode::conflict);
}

TEST_CASE("granary log verify: --save and --since go together, and damage is never saved") {
    const tests::TemporaryFolder folder;
    const std::string data = " --data " + folder.path();
    const std::string mark = folder.path() + "/mark";
    CHECK(run("log create --partitions 2" + data) == exit_fine);
    CHECK(run("log verify --since " + mark + data) != exit_fine);
    CHECK(run("log verify --since " + mark + " --save " + mark + data) == exit_fine);
    CHECK(run("log verify --since " + mark + " --save " + mark + data) == exit_fine);
    CHECK(run("log voids --since " + mark + data) == exit_fine);
    CHECK(run("log verify --save " + folder.path() + "/nowhere/mark" + data) == exit_fault);
    REQUIRE(write_whole_file(mark, "rubbish", 0600));
    CHECK(run("log verify --since " + mark + data) == exit_found_wrong);
}

}  // namespace granary::cli
