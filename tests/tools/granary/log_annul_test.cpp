// Annulling: a badly written record is passed over by all from then on; a record that was changed never is.
#include "tools/granary/log_annul.hpp"

#include <doctest/doctest.h>

#include "core/chain.hpp"
#include "core/routing.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/host/chain_reader.hpp"
#include "schemas/commit.hpp"
#include "schemas/envelope_tables.h"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "tools/granary/log_listing.hpp"
#include "tools/granary/proofs/log_trees.hpp"

namespace granary::cli {
namespace {

constexpr Partition the_partition{1};
constexpr Time now{5'000'000};

std::string claim(const std::string& node) {
    envelope::ClaimT body;
    body.node = node;
    body.time = Time{1'000'000};
    return encode_body(LogEntry(body));
}

struct Chain {
    memory::MemoryLog log{{Uuid{4, 4}, 4}};
    Digest head = chain::genesis({4, 4}, the_partition);

    void add(const std::string& body) {
        const std::string record = chain::make_record(head, body);
        head = sha256(record);
        log.inject(the_partition, record);
    }
    std::size_t accepted() {
        auto reader = ChainReader::open(log, the_partition, std::nullopt);
        REQUIRE(reader);
        std::size_t count = 0;
        for (;;) {
            const auto records = reader->read(1 << 20);
            if (!records || records->empty()) return count;
            count += records->size();
        }
    }
};

Position at(std::int64_t offset) { return {the_partition, {offset}}; }

}  // namespace

TEST_CASE("a record that nobody can read is annulled behind everything that counts, and is passed from then on") {
    Chain chain;
    chain.add(claim("one"));
    chain.add("rubbish");
    chain.add(claim("two"));
    chain.log.inject(the_partition, chain::make_record({}, "somebody's, void"));
    chain.log.inject(the_partition, chain::make_record(chain::genesis({4, 4}, the_partition), "a late one's, void"));
    CHECK(chain.accepted() == 1);
    CHECK(examine(chain.log, at(1)).error().code == FaultCode::halted);  // one of the void ones extends nothing
    Chain sound;
    sound.add(claim("one"));
    sound.add("rubbish");
    sound.add(claim("two"));
    sound.log.inject(the_partition, chain::make_record(chain::genesis({4, 4}, the_partition), "a late one's, void"));
    const auto found = examine(sound.log, at(1));
    REQUIRE(found);
    CHECK_FALSE(found->done);
    CHECK(found->why.find("granary log annul 1:1") != std::string::npos);
    CHECK(found->head == sound.head);
    REQUIRE(annul(sound.log, *found, "a broken tool", "operator:ada", now));
    CHECK(sound.accepted() == 3);  // both claims, and the annulment
    CHECK(examine(sound.log, at(1))->done);
    const auto listed = list_records(sound.log, {}, {});
    REQUIRE(listed.table.rows.size() == 3);
    CHECK(listed.table.rows[2][2] == "annul");
}

TEST_CASE("proofs have an annulled record as a leaf, so that each leaf extends the one in front of it") {
    Chain chain;
    chain.add(claim("one"));
    chain.add("rubbish");
    chain.add(claim("two"));
    const auto found = examine(chain.log, at(1));
    REQUIRE(found);
    REQUIRE(annul(chain.log, *found, "a broken tool", "operator:ada", now));
    LogTrees trees(chain.log);
    REQUIRE(trees.grow(1, {}));
    CHECK(trees.checkpoints()[1].size == 4);
    const auto proven = prove_record(chain.log, {2}, trees.checkpoints()[1]);
    REQUIRE_MESSAGE(proven, proven.error().message);
    CHECK(proven->index == 2);
}

TEST_CASE("a record that a newer version can read is not annulled") {
    Chain chain;
    chain.add(claim("one"));
    flatbuffers::FlatBufferBuilder builder;
    const auto time = flatbuffers::Pack(Time{1});
    const auto later_kind = envelope::CreateClaim(builder, builder.CreateString("n"), 0, &time);
    builder.Finish(envelope::CreateRecord(builder, static_cast<envelope::Body>(77), later_kind.Union()));
    chain.add({reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()});
    const auto found = examine(chain.log, at(1));
    REQUIRE_FALSE(found);
    CHECK(found.error().code == FaultCode::conflict);
    CHECK(found.error().message.contains("upgrade"));
}

TEST_CASE("a record that was changed is not annulled: that would bury what stands behind it") {
    Chain chain;
    for (const char* node : {"one", "two", "three", "four"}) chain.add(claim(node));
    const auto end = *chain.log.end(the_partition);
    chain.log.flip_bit(the_partition, {1}, chain::header_bytes, 0);
    REQUIRE(chain.accepted() == 1);
    const auto found = examine(chain.log, at(1));
    REQUIRE_FALSE(found);
    CHECK(found.error().code == FaultCode::halted);
    CHECK(found.error().message.find("1:2") != std::string::npos);
    CHECK(*chain.log.end(the_partition) == end);
}

TEST_CASE("several bad records, one in a wrong partition, are annulled one after the other, in their order") {
    Chain chain;
    chain.add(claim("one"));
    chain.add("rubbish");
    Commit commit;
    commit.meta.stream_kind = static_cast<std::uint8_t>(StreamKind::product);
    for (int i = 0; partition_of(commit.meta.routing_key, 4) == the_partition || i == 0; ++i) commit.meta.routing_key = "P" + std::to_string(i);
    commit.meta.stream_key = commit.meta.routing_key;
    commit.meta.first_version = 1;
    commit.meta.time = now;
    commit.meta.command_id = {{1, 1}};
    commit.meta.actor = "somebody";
    catalog::ProductRetiredT event;
    event.sku = *Sku::parse("P");
    commit.events.push_back({Event(catalog::Event(event)), now});
    chain.add(encode_commit(commit));
    CHECK(examine(chain.log, at(2)).error().code == FaultCode::conflict);
    for (const std::int64_t offset : {1, 2}) {
        const auto found = examine(chain.log, at(offset));
        REQUIRE_MESSAGE(found, found.error().message);
        const auto done = annul(chain.log, *found, "why", "operator", now);
        CHECK_MESSAGE(done, done.error().message);
    }
    CHECK(chain.accepted() == 3);
    CHECK(examine(chain.log, at(0)).error().code == FaultCode::not_found);
    CHECK(examine(chain.log, at(99)).error().code == FaultCode::invalid_argument);
    CHECK(examine(chain.log, {{4}, {0}}).error().code == FaultCode::invalid_argument);
}

TEST_CASE("an annulment that lost a race is said to count for nothing") {
    Chain chain;
    chain.add("rubbish");
    const auto found = examine(chain.log, at(0));
    REQUIRE(found);
    chain.add(claim("somebody was quicker"));
    CHECK(annul(chain.log, *found, "why", "operator", now).error().code == FaultCode::conflict);
    CHECK(chain.accepted() == 0);
}

TEST_CASE("granary log annul: from a halted log to one that verifies, and nothing without need or reason") {
    const tests::TemporaryFolder folder;
    const std::string data = " --data " + folder.path();
    REQUIRE(run("log create --partitions 4" + data) == exit_fine);
    {
        rocks::LogOptions options;
        options.path = folder.at("log");
        auto log = rocks::open_log(options);
        REQUIRE(log);
        Digest head = chain::genesis((*log)->identity().id, the_partition);
        std::vector<ports::LogAppend> appends;
        for (const auto& body : {claim("one"), std::string("rubbish"), claim("two")}) {
            const std::string record = chain::make_record(head, body);
            head = sha256(record);
            appends.push_back({the_partition, "", SharedBytes(record), 0});
        }
        REQUIRE((*log)->append(std::move(appends)));
        // While somebody has the log open, it is not written to.
        CHECK(run("log annul 1:1 --yes --reason why" + data) == exit_fault);
    }
    CHECK(run("log verify" + data) == exit_found_wrong);
    CHECK(run("log annul 1:1 --yes" + data) == exit_usage);
    CHECK(run("log annul 1:1 --yes --reason ''" + data) == exit_usage);
    CHECK(run("log annul one --yes --reason why" + data) == exit_usage);
    CHECK(run("log annul 1:0 --yes --reason why" + data) == exit_found_wrong);
    CHECK(run("log annul 1:7 --yes --reason why" + data) == exit_usage);
    CHECK(run("log verify" + data) == exit_found_wrong);
    CHECK(run("log annul 1:1 --yes --reason why --by ada" + data) == exit_fine);
    CHECK(run("log verify" + data) == exit_fine);
    CHECK(run("log annul 1:1 --yes --reason why" + data) == exit_fine);
    const tests::TemporaryFolder empty;
    CHECK(run("log annul 1:1 --yes --reason why --data " + empty.path()) == exit_fault);
    CHECK_FALSE(std::filesystem::exists(empty.at("log")));
}

}  // namespace granary::cli
