// `granary log` on real folders: exit codes, what the listings hold, and that damage is found and named.
#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "command-side/runtime/checkpoint.hpp"
#include "core/chain.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "schemas/commit.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "tools/granary/audit_mark.hpp"
#include "tools/granary/log_listing.hpp"

namespace granary::cli {
namespace {

std::string claim(Digest& head, const std::string& node) {
    envelope::ClaimT body;
    body.node = node;
    body.time = Time{1'000'000};
    const std::string record = chain::make_record(head, encode_body(LogEntry(body)));
    head = sha256(record);
    return record;
}

// The log of a data directory with this many chained records in partition 0; returns the head.
Digest fill(const std::string& data, int count) {
    rocks::LogOptions options;
    options.path = data + "/log";
    auto log = rocks::open_log(options);
    REQUIRE_MESSAGE(log, log.error().message);
    Digest head = chain::genesis((*log)->identity().id, {0});
    std::vector<ports::LogAppend> appends;
    for (int i = 0; i < count; ++i) appends.push_back({{0}, "", SharedBytes(claim(head, "node " + std::to_string(i))), 0});
    REQUIRE((*log)->append(std::move(appends)));
    return head;  // closing stores what is queued
}

void flip_in_table_file(const std::string& data, const std::string& text) {
    for (const auto& entry : std::filesystem::directory_iterator(data + "/log/db")) {
        if (entry.path().extension() != ".sst") continue;
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        const auto at = bytes.find(text);
        if (at == std::string::npos) continue;
        std::fstream out(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        out.seekp(static_cast<std::streamoff>(at));
        out.put('X');
        return;
    }
    FAIL("no table file holds the text");
}

}  // namespace

TEST_CASE("granary log: usage errors are 2, a missing log is 3, a second create is 3") {
    const tests::TemporaryFolder folder;
    CHECK(run("log") == exit_usage);
    CHECK(run("log verify") == exit_usage);
    CHECK(run("log create --data " + folder.path() + " --partitions 0") == exit_usage);
    CHECK(run("log verify --data " + folder.path()) == exit_fault);
    CHECK(run("log create --data " + folder.path() + " --partitions 4") == exit_fine);
    CHECK(run("log create --data " + folder.path() + " --partitions 4") == exit_fault);
    CHECK(run("log read --data " + folder.path() + " --partition 4") == exit_usage);
    CHECK(run("log read --data " + folder.path() + " --from x") == exit_usage);
    CHECK(run("log read --data " + folder.path() + " --from 1:0 --partition 2") == exit_usage);
}

TEST_CASE("granary log: a sound log verifies, alone and beside the process that writes it; one changed byte makes it 1") {
    const tests::TemporaryFolder folder;
    REQUIRE(run("log create --data " + folder.path() + " --partitions 4") == exit_fine);
    fill(folder.path(), 50);
    for (const char* verb : {"verify", "verify --format json", "read --events", "stats --format csv", "tail -n 3", "voids"}) {
        CAPTURE(verb);
        CHECK(run("log " + std::string(verb) + " --data " + folder.path()) == exit_fine);
    }
    {
        rocks::LogOptions options;
        options.path = folder.at("log");
        const auto serving = rocks::open_log(options);
        REQUIRE(serving);
        CHECK(run("log verify --data " + folder.path()) == exit_fine);
    }
    flip_in_table_file(folder.path(), "node 30");
    CHECK(run("log verify --data " + folder.path()) == exit_found_wrong);
    CHECK(run("log read --data " + folder.path()) == exit_found_wrong);
}

TEST_CASE("granary log: a checkpoint vouches for the chain, or gives it away") {
    const tests::TemporaryFolder folder;
    REQUIRE(run("log create --data " + folder.path() + " --partitions 4") == exit_fine);
    CHECK(checkpoint_anchors(folder.at("state"), 4)->at(0) == std::nullopt);
    Digest head = fill(folder.path(), 10);
    const auto remember = [&](const Digest& hash) {
        auto store = rocks::open_store({.path = folder.at("state")});
        REQUIRE(store);
        REQUIRE((*store)->create_table(command_side::tables::shards));
        ports::StoreBatch batch;
        batch.put(command_side::tables::shards, command_side::shard_key({0}), command_side::encode_checkpoint({{{9}, hash}, {}}));
        REQUIRE((*store)->write(batch, ports::Durability::device));
    };
    remember(head);
    CHECK(checkpoint_anchors(folder.at("state"), 4)->at(0) == ChainAnchor{{9}, head});
    CHECK(run("log verify --data " + folder.path()) == exit_fine);
    head.bytes[0] ^= 1;
    remember(head);
    CHECK(run("log verify --data " + folder.path()) == exit_found_wrong);
}

TEST_CASE("granary log: voids come in the order of partitions and offsets, however many are read at once, as many as were asked for") {
    memory::MemoryLog log({{1, 2}, 4});
    std::vector<std::string> expected;
    AuditMark mark(4);
    for (std::uint32_t number = 0; number < 4; ++number) {
        Digest head = chain::genesis({1, 2}, {number});
        for (int i = 0; i < 5; ++i) {
            Digest loser = head;
            const auto offset = log.inject({number}, claim(head, "winner"));
            if (i == 2) mark[number] = ChainAnchor{offset, head};
            expected.push_back(text_of(Position{{number}, log.inject({number}, claim(loser, "loser"))}));
        }
    }
    const auto positions = [&](const LogSelection& selection, VerifyOptions options = {}) {
        options.parallelism = 3;
        const auto listing = list_voids(log, selection, options);
        CHECK(!listing.fault);
        std::vector<std::string> shown;
        for (const auto& row : listing.table.rows) shown.push_back(row[0]);
        return shown;
    };
    CHECK(positions({}) == expected);
    CHECK(positions({{}, {0}, 7, false}) == std::vector(expected.begin(), expected.begin() + 7));
    CHECK(positions({Partition{2}, {4}, 10, false}) == std::vector(expected.begin() + 12, expected.begin() + 15));
    VerifyOptions since;
    since.since = mark;
    CHECK(positions({Partition{1}, {0}, 10, false}, since) == std::vector(expected.begin() + 7, expected.begin() + 10));
    log.inject({3}, "rubbish");
    CHECK(list_voids(log, {}, {}).fault->code == FaultCode::corrupt);
}

TEST_CASE("granary log: read, voids, stats and tail show what is there") {
    memory::MemoryLog log({{1, 2}, 2});
    Digest head = chain::genesis({1, 2}, {1});
    Digest loser = head;
    log.inject({1}, claim(head, "winner 1"));
    log.inject({1}, claim(loser, "loser"));
    log.inject({1}, claim(head, "winner 2"));
    const auto read = list_records(log, {}, {});
    CHECK(!read.fault);
    REQUIRE(read.table.rows.size() == 2);
    CHECK(read.table.rows[1][0] == "1:2");
    CHECK(read.table.rows[1][2] == "claim");
    CHECK(read.table.rows[1][3] == "winner 2");
    CHECK(read.table.rows[1].back() == hex_of(head));
    CHECK(list_records(log, {Partition{1}, {1}, 10, false}, {}).table.rows.size() == 1);
    CHECK(list_records(log, {{}, {0}, 1, false}, {}).table.rows.size() == 1);
    const auto voids = list_voids(log, {}, {});
    REQUIRE(voids.table.rows.size() == 1);
    CHECK(voids.table.rows[0][0] == "1:1");
    CHECK(voids.table.rows[0][1] == "claim loser");
    CHECK(voids.table.rows[0][3] == hex_of(chain::genesis({1, 2}, {1})));
    const auto counts = count_records(log, {});
    const std::vector<std::string> claims{"record claim", "2"};
    CHECK(std::ranges::find(counts.table.rows, claims) != counts.table.rows.end());
    auto tail = LogTail::open(log, std::nullopt, 2);
    REQUIRE(tail);
    CHECK(tail->newest(2)->rows.size() == 2);
    CHECK(tail->more()->rows.empty());
    log.inject({0}, "rubbish");
    const auto more = tail->more();
    REQUIRE(more->rows.size() == 1);
    CHECK(more->rows[0][2] == "unreadable");
}

}  // namespace granary::cli
