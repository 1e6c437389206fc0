// Commits by position: the very ones, however they lie in the log, and no guess where there is none.
#include "platform/host/stored_commits.hpp"

#include <doctest/doctest.h>

#include "core/chain.hpp"
#include "platform/adapters/memory/memory_log.hpp"

using namespace granary;

namespace {

constexpr Partition partition{1};

std::string commit_record(std::uint64_t number) {
    catalog::ProductRetiredT event;
    event.sku = Sku::from_stored("A");
    event.reason = std::to_string(number);
    Commit commit;
    commit.meta.stream_kind = static_cast<std::uint8_t>(StreamKind::product);
    commit.meta.stream_key = commit.meta.routing_key = "A";
    commit.meta.first_version = number;
    commit.meta.time = {1'700'000'000'000'000};
    commit.meta.command_id = {{7, number}};
    commit.meta.correlation = {{8, 8}};
    commit.meta.actor = "test";
    commit.events.push_back({catalog::Event(std::move(event)), commit.meta.time});
    return chain::make_record(sha256("whatever"), encode_commit(commit));
}

struct Log {
    memory::MemoryLog log{{Uuid{1, 2}, 2}};
    std::vector<Offset> offsets;

    explicit Log(std::uint64_t count) {
        for (std::uint64_t i = 1; i <= count; ++i) offsets.push_back(log.inject(partition, commit_record(i)));
    }
    std::vector<std::uint64_t> versions(const std::vector<Offset>& wanted, std::size_t read_bytes) {
        const auto commits = StoredCommits(log, read_bytes).at(partition, wanted);
        REQUIRE(commits);
        std::vector<std::uint64_t> found;
        for (const auto& commit : *commits) found.push_back(commit.meta.first_version);
        return found;
    }
};

}  // namespace

TEST_CASE("commits come as they were asked for, whether a page of the log holds one of them or all") {
    Log log(50);
    for (const std::size_t read_bytes : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
        CHECK(log.versions({{0}, {1}, {7}, {30}, {49}}, read_bytes) == std::vector<std::uint64_t>{1, 2, 8, 31, 50});
        CHECK(log.versions({}, read_bytes).empty());
    }
}

TEST_CASE("where there is no commit, or no sound one, that is said") {
    Log log(3);
    const auto claim_at = log.log.inject(partition, chain::make_record(sha256("x"), encode_body(LogEntry(envelope::ClaimT{}))));
    const auto rubbish_at = log.log.inject(partition, "no record");
    for (const Offset wrong : {claim_at, rubbish_at, Offset{99}}) {
        const auto commits = StoredCommits(log.log).at(partition, std::vector{Offset{0}, wrong});
        REQUIRE_FALSE(commits);
        CHECK(commits.error().code == FaultCode::corrupt);
    }
    CHECK_FALSE(StoredCommits(log.log).at({0}, std::vector{Offset{0}}));
}
