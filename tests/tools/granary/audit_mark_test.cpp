// Audits that go on where an earlier one ended: what they read, what they still notice, and what they refuse to go on from.
#include "tools/granary/audit_mark.hpp"

#include <doctest/doctest.h>

#include "core/chain.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "schemas/commit.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

using memory::MemoryLog;

constexpr ports::LogIdentity identity{{7, 8}, 3};
constexpr Partition the_partition{1};

std::string body(const std::string& node) {
    envelope::ClaimT claim;
    claim.node = node;
    claim.time = Time{1'000'000};
    return encode_body(LogEntry(claim));
}

// Appends records that chain to each other and to `head`.
Digest append(MemoryLog& log, Digest head, int count, const std::string& what) {
    for (int i = 0; i < count; ++i) {
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
    CHECK(run("log verify --save " + mark + data) == exit_fine);
    CHECK(run("log verify --since " + mark + " --save " + mark + data) == exit_fine);
    REQUIRE(write_whole_file(mark, "rubbish", 0600));
    CHECK(run("log verify --since " + mark + data) == exit_found_wrong);
}

}  // namespace granary::cli
