// `granary log copy` on real folders: what is refused, what is resumed, who may be served afterwards.
#include <doctest/doctest.h>

#include <atomic>

#include "core/chain.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "platform/host/log_verification.hpp"
#include "schemas/commit.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "tools/granary/log_move.hpp"

namespace granary::cli {
namespace {

// A folder with a data directory `shop`, whose log has two partitions and some records.
class Place {
  public:
    Place() {
        REQUIRE(run("log create --partitions 2 --data " + data("shop")) == exit_fine);
        append("shop", 300);
    }

    std::string data(const std::string& name) const { return folder_.at(name); }
    std::string address(const std::string& name) const { return "embedded:" + data(name); }
    int copy(const std::string& from, const std::string& to, const std::string& more = {}) const {
        return run("log copy --from " + address(from) + " --to " + address(to) + " " + more);
    }
    // Claims at the head of partition 0; what an owner of this log would do.
    void append(const std::string& name, int count) const {
        rocks::LogOptions options;
        options.path = data(name) + "/log";
        auto log = rocks::open_log(options);
        REQUIRE_MESSAGE(log, log.error().message);
        Digest head = verify_log(**log, {}).partitions[0].head.hash;
        std::vector<ports::LogAppend> appends;
        for (int i = 0; i < count; ++i) {
            envelope::ClaimT claim;
            claim.node = "node " + std::to_string(i);
            claim.time = Time{1'000'000};
            std::string record = chain::make_record(head, encode_body(LogEntry(claim)));
            head = sha256(record);
            appends.push_back({{0}, "", SharedBytes(std::move(record)), 0});
        }
        REQUIRE((*log)->append(std::move(appends)));
    }
    LogVerdict verify(const std::string& name) const {
        const auto log = rocks::open_log_read_only(data(name) + "/log");
        REQUIRE(log);
        return verify_log(**log, {});
    }
    // As a node opens it; empty when it may be served.
    std::string why_not_served(const std::string& name) {
        const auto log = open_log(LogChoice{}, {.data = data(name), .partitions = 2, .disk = nullptr}, random_);
        return log ? "" : log.error().message;
    }

  private:
    tests::TemporaryFolder folder_;
    SystemRandom random_;
};

TEST_CASE("log copy: a backup is read, verified and brought up to date, but not served") {
    Place place;
    REQUIRE(place.copy("shop", "backup") == exit_fine);
    CHECK(place.verify("backup").records() == 300);
    CHECK(run("log verify --data " + place.data("backup")) == exit_fine);
    CHECK(place.why_not_served("backup").find("--seal") != std::string::npos);
    CHECK(place.why_not_served("shop").empty());
    place.append("shop", 50);
    REQUIRE(place.copy("shop", "backup", "--format json") == exit_fine);
    CHECK(place.verify("backup").records() == 350);
    CHECK(place.verify("backup").partitions[0].head == place.verify("shop").partitions[0].head);
    // A backup of a backup is one, too, and takes nothing over from a shop that lives.
    REQUIRE(place.copy("backup", "backup2") == exit_fine);
    CHECK(place.copy("backup", "backup3", "--seal") == exit_fault);
    CHECK(place.verify("backup").records() == 350);
}

TEST_CASE("log copy: a move ends the original, and the log goes on in the copy alone") {
    Place place;
    REQUIRE(place.copy("shop", "moved", "--seal") == exit_fine);
    CHECK(place.why_not_served("shop").find(place.data("moved")) != std::string::npos);
    CHECK(place.why_not_served("moved").empty());
    const auto verdict = place.verify("shop");
    REQUIRE(verdict.sound());
    CHECK(verdict.records() == 302);
    for (const auto& partition : verdict.partitions) CHECK(partition.seal.has_value());
    CHECK(run("log verify --data " + place.data("shop")) == exit_fine);
    CHECK(place.copy("shop", "moved", "--seal") == exit_fine);  // given again: nothing more to do
    CHECK(place.copy("shop", "third", "--seal") == exit_fault);
    CHECK(place.why_not_served("third").find("copy") != std::string::npos);
    place.append("moved", 20);
    // And on, and back, each time into a place of its own.
    REQUIRE(place.copy("moved", "further", "--seal") == exit_fine);
    CHECK(place.verify("further").records() == 302 + 20 + 2);
    CHECK(place.why_not_served("further").empty());
    CHECK_FALSE(place.why_not_served("moved").empty());
    CHECK(place.copy("further", "shop", "--seal") == exit_usage);
}

TEST_CASE("log copy: a move that was cut short after the seal is finished by the same command") {
    Place place;
    REQUIRE(place.copy("shop", "moved") == exit_fine);
    REQUIRE(place.copy("shop", "moved", "--seal") == exit_fine);
    REQUIRE(std::filesystem::remove(place.data("moved") + "/log/live"));  // as if killed just before the end
    CHECK_FALSE(place.why_not_served("moved").empty());
    REQUIRE(place.copy("shop", "moved", "--seal") == exit_fine);
    CHECK(place.why_not_served("moved").empty());
    CHECK(place.verify("shop").records() == 302);
}

TEST_CASE("log copy: when what went on is lost, a backup takes over, and says so in the log") {
    Place place;
    REQUIRE(place.copy("shop", "backup") == exit_fine);
    REQUIRE(place.copy("shop", "moved", "--seal") == exit_fine);
    CHECK(place.copy("backup", "anew", "--original-lost") == exit_usage);
    REQUIRE(place.copy("backup", "anew", "--seal --original-lost") == exit_fine);
    CHECK(place.why_not_served("anew").empty());
    CHECK(place.verify("anew").partitions[1].seal->reason.find("lost") != std::string::npos);
    // So does a sealed original whose successor is lost.
    REQUIRE(place.copy("shop", "second", "--seal --original-lost") == exit_fine);
    CHECK(place.why_not_served("second").empty());
    CHECK(place.verify("second").records() == 304);
}

TEST_CASE("log copy: a damaged original is not copied") {
    Place place;
    REQUIRE(place.copy("shop", "backup") == exit_fine);
    {
        rocks::LogOptions options;
        options.path = place.data("shop") + "/log";
        auto log = rocks::open_log(options);
        REQUIRE(log);
        std::vector<ports::LogAppend> appends;
        appends.push_back({{1}, "", SharedBytes(std::string("no record")), 0});
        REQUIRE((*log)->append(std::move(appends)));
    }
    CHECK(place.copy("shop", "backup", "--seal") == exit_found_wrong);
    CHECK(place.copy("shop", "fresh") == exit_found_wrong);
    CHECK(place.verify("backup").sound());
    CHECK(place.verify("fresh").records() == 0);
}

TEST_CASE("log copy: what holds something else is left alone") {
    Place place;
    REQUIRE(run("log create --partitions 2 --data " + place.data("other")) == exit_fine);
    CHECK(place.copy("shop", "other") == exit_usage);
    CHECK(place.copy("shop", "shop") == exit_usage);
    CHECK(place.copy("nothing", "backup") == exit_fault);
    CHECK(run("log copy --from shop --to " + place.address("backup")) == exit_usage);
    CHECK(run("log copy --from " + place.address("shop") + " --to kafka:") == exit_usage);
    CHECK(run("log copy --from " + place.address("shop") + " --to kafka:topic") == exit_usage);  // no brokers
    CHECK(place.verify("other").records() == 0);
}

TEST_CASE("log copy: an address says where a log is") {
    LogChoice shared;
    shared.brokers = "a:1,b:2";
    CHECK(parse_log_address("kafka:shop", shared)->name() == "kafka:a:1,b:2/shop");
    CHECK(parse_log_address("kafka:c:3,d:4/shop", shared)->name() == "kafka:c:3,d:4/shop");
    CHECK(parse_log_address("embedded:/var/lib/granary/", shared)->data == "/var/lib/granary");
    for (const char* wrong : {"", "shop", "embedded:", "kafka:", "kafka:a:1/", "redpanda:x"}) CHECK_FALSE(parse_log_address(wrong, shared).has_value());
}

}  // namespace
}  // namespace granary::cli
