// Work on views from the command line: on a directory of its own, through a server, and the sales report of stored views.
#include "tools/granary/projection_calls.hpp"

#include <doctest/doctest.h>

#include "platform/adapters/http_client/http_client.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "projections/views/table.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/row.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/fake_server.hpp"
#include "tools/granary/sales_report.hpp"
#include "tools/granary/verbs.hpp"

using namespace granary;
using namespace granary::cli;
using granary::tests::Asked;
using granary::tests::FakeServer;

namespace {

const auto nothing_shown = [](std::uint64_t, std::uint64_t) {};

ServerArguments data_of(const tests::TemporaryFolder& folder) { return {{}, folder.path(), {}}; }

}  // namespace

TEST_CASE("views of a directory that nobody serves are listed, rebuilt, compared, promoted and discarded") {
    const tests::TemporaryFolder folder;
    REQUIRE(rocks::create_log({.path = folder.at("log")}, {{1, 2}, 4}));
    const auto calls = open_projections(data_of(folder));
    REQUIRE(calls);
    CHECK((*calls)->list()->items.size() == views::all.size());
    const auto rebuilt = (*calls)->work({.view = "orders", .action = "rebuild"}, nothing_shown);
    REQUIRE(rebuilt);
    CHECK(rebuilt->string_at("table") == "orders@2");
    const auto verified = (*calls)->work({.view = "orders", .action = "verify"}, nothing_shown);
    REQUIRE(verified);
    CHECK(verified->find("equal")->text == "true");
    CHECK((*calls)->work({.view = "orders", .action = "promote"}, nothing_shown)->string_at("state") == "live");
    CHECK((*calls)->work({.view = "orders", .action = "discard", .generation = 2}, nothing_shown).error().exit_code == exit_fault);
    CHECK((*calls)->work({.view = "orders", .action = "discard"}, nothing_shown)->find("discarded")->text == "1");
}

TEST_CASE("without a log, or with the views open elsewhere and no server to ask, it says so") {
    const tests::TemporaryFolder folder;
    CHECK_FALSE(open_projections(data_of(folder)));
    REQUIRE(rocks::create_log({.path = folder.at("log")}, {{1, 2}, 4}));
    const auto held = rocks::open_store({.path = folder.at("views")});
    REQUIRE(held);
    CHECK_FALSE(open_projections(data_of(folder)));
}

TEST_CASE("through a server, work is begun and looked at until it has ended") {
    int looks = 0;
    FakeServer server([&](const Asked& asked) {
        if (asked.method == "POST") return FakeServer::reply(202, R"({"view":"orders","action":"verify","status":"begun"})");
        const bool done = ++looks > 1;
        return FakeServer::reply(200, done ? R"({"view":"orders","generations":[],"work":{"status":"done","done":9,"total":9,"result":{"view":"orders","equal":false}}})"
                                           : R"({"view":"orders","generations":[],"work":{"status":"running","done":4,"total":9}})");
    });
    const auto client = http_client::make_http_client();
    const auto calls = projections_via_server(*client, server.url(), "k1");
    std::vector<std::uint64_t> shown;
    const auto report = calls->work({.view = "orders", .action = "verify"}, [&](std::uint64_t done, std::uint64_t) { shown.push_back(done); });
    REQUIRE(report);
    CHECK(report->json() == R"({"view":"orders","equal":false})");
    CHECK(shown == std::vector<std::uint64_t>{4, 9});
    const auto asked = server.asked();
    CHECK(asked[0].path == "/admin/v1/projections/orders/work");
    CHECK(asked[0].body == R"({"action":"verify"})");
    CHECK_FALSE(asked[0].key.empty());
}

TEST_CASE("who asks a server for work and is stopped meanwhile has it cancelled, and waits for the end of it") {
    std::stop_source stop;
    bool cancelled = false;
    FakeServer server([&](const Asked& asked) {
        if (asked.method == "POST") {
            cancelled = cancelled || asked.body == R"({"action":"cancel"})";
            return FakeServer::reply(202, "{}");
        }
        stop.request_stop();
        return FakeServer::reply(200, cancelled ? R"({"work":{"status":"cancelled","error":{"code":"unavailable","message":"the rebuild was interrupted"}}})"
                                                : R"({"work":{"status":"running","done":4,"total":9}})");
    });
    const auto client = http_client::make_http_client();
    const auto calls = projections_via_server(*client, server.url(), "k1");
    const auto report = calls->work({.view = "orders", .action = "rebuild", .parallel = 2, .records_per_second = 500}, nothing_shown, stop.get_token());
    REQUIRE_FALSE(report);
    CHECK(report.error().exit_code == exit_fault);
    CHECK(report.error().message == "the rebuild was interrupted");
    CHECK(server.asked()[0].body == R"({"action":"rebuild","parallel":2,"records_per_second":500})");
    // Asked to cancel, it waits for the same end and tells of it.
    const auto shown = calls->work({.view = "orders", .action = "cancel"}, nothing_shown);
    REQUIRE(shown);
    CHECK(shown->string_at("status") == "cancelled");
}

TEST_CASE("damage that a server finds is told apart from trouble of its own") {
    std::string code = "halted";
    FakeServer server([&](const Asked& asked) {
        if (asked.method == "POST") return FakeServer::reply(202, "{}");
        return FakeServer::reply(200, R"({"work":{"status":"failed","error":{"code":")" + code + R"(","message":"no"}}})");
    });
    const auto client = http_client::make_http_client();
    const auto calls = projections_via_server(*client, server.url(), "k1");
    CHECK(calls->work({.view = "orders", .action = "verify"}, nothing_shown).error().exit_code == exit_found_wrong);
    code = "disk_full";
    CHECK(calls->work({.view = "orders", .action = "verify"}, nothing_shown).error().exit_code == exit_fault);
}

TEST_CASE("the sales report of a store says what is stored and up to where") {
    memory::MemoryStore store;
    CHECK_FALSE(sales_report(store, {}));
    memory::MemoryLog log({{1, 2}, 4});
    SystemClock clock;
    REQUIRE(projections::OfflineProjections::open(log, store, clock));
    read_models::SalesTotalsRowT totals;
    totals.orders = 2;
    totals.units = 5;
    totals.gross = 125'500;
    ports::StoreBatch batch;
    for (const std::uint32_t partition : {0U, 3U}) {
        batch.put("sales@1", read_models::sales_day_key("2010-12-01", currency("GBP").code, partition), read_models::stamped({{partition}, {7}}, read_models::encode(totals)));
        batch.put("_positions", projections::position_key("sales@1", {partition}), projections::encode(projections::FoldedTo{{{7}, {}}, {}}));
    }
    REQUIRE(store.write(batch, ports::Durability::process));
    const auto report = sales_report(store, {});
    REQUIRE(report);
    CHECK(report->json() == R"({"by":"day","rows":[{"day":"2010-12-01","orders":4,"units":10,"gross":{"amount":"25.10","currency":"GBP"},)"
                            R"("refunded":{"amount":"0.00","currency":"GBP"}}],"position":"0:7,3:7"})");
    CHECK(render(table_of_sales(*report), Format::csv) == "day,orders,units,gross,refunded,currency\n2010-12-01,4,10,25.10,0.00,GBP\n");
    CHECK(query_of({"product", {"2010-12-01", ""}}) == "of=orders&by=product&from=2010-12-01");
}
