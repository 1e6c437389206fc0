// Reports on what a log knew by a time: views that have not folded all of that do not answer for it.
#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "tests/projections/history.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/log_choice.hpp"

namespace granary::cli {
namespace {

void create(ports::Log& log, testing::History& history, std::string_view sku) {
    std::vector<Event> events;
    events.emplace_back(catalog::Event(testing::product(sku, "Name", 10'000)));
    const Position at = history.append(product_stream(testing::sku(sku)), std::move(events));
    while (*log.end(at.partition) <= at.offset) std::this_thread::yield();  // the log's own thread stores it
}

void fold(ports::Log& log, const std::string& data) {
    const SystemClock clock;
    const auto store = rocks::open_store({DataDirectory{data}.views()});
    REQUIRE_MESSAGE(store, store.error().message);
    const auto views = projections::OfflineProjections::open(log, **store, clock);
    REQUIRE_MESSAGE(views, views.error().message);
    REQUIRE((*views)->catch_up());
}

}  // namespace

TEST_CASE("granary report: what the log knew by a time is told by views that have folded it, and by no others") {
    const tests::TemporaryFolder folder;
    const std::string data = folder.at("data");
    const std::string on_data = " --data " + data;
    REQUIRE(run("log create --partitions 1" + on_data) == exit_fine);
    const auto log = open_log_to_append({}, data);
    REQUIRE_MESSAGE(log, log.error().message);
    testing::History history(**log);
    create(**log, history, "APPLE");
    fold(**log, data);
    const std::string folded_at = rfc3339_of(history.now());
    CHECK(run("report cohorts --as-of 2999-01-01" + on_data) == exit_fine);

    history.pass(hours(1));
    create(**log, history, "PEAR");
    CHECK(run("report cohorts" + on_data) == exit_fine);
    CHECK(run("report cohorts --as-of 0:0" + on_data) == exit_fine);
    CHECK(run("report cohorts --as-of 2010-11-30" + on_data) == exit_fine);
    CHECK(run("report cohorts --as-of " + folded_at + on_data) == exit_fine);  // what follows is an hour younger
    CHECK(run("report cohorts --as-of 2999-01-01" + on_data) == exit_fault);
    fold(**log, data);
    CHECK(run("report cohorts --as-of " + folded_at + on_data) == exit_fine);
    CHECK(run("report cohorts --as-of 2999-01-01" + on_data) == exit_fine);
}

TEST_CASE("granary report --view-dir: a folder answers for no later time, and has the columns that were asked for even if it is empty") {
    const tests::TemporaryFolder folder;
    const std::string data = folder.at("data");
    REQUIRE(run("log create --partitions 1 --data " + data) == exit_fine);
    {
        const auto log = open_log_to_append({}, data);
        REQUIRE_MESSAGE(log, log.error().message);
        testing::History history(**log);
        create(**log, history, "APPLE");
    }
    REQUIRE(run("projection build invoices --out " + folder.at("built") + " --data " + data) == exit_fine);
    const std::string in_folder = " --view-dir " + folder.at("built");
    CHECK(run("report cohorts" + in_folder) == exit_fine);
    CHECK(run("report cohorts --as-of 2010-11-30" + in_folder) == exit_fine);
    CHECK(run("report cohorts --as-of 2999-01-01" + in_folder) == exit_usage);
    for (const auto* by : {"day", "product", "month"}) CHECK(run("report sales --by " + std::string(by) + in_folder) == exit_fine);
}

}  // namespace granary::cli
