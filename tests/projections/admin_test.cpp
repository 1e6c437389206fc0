// Rebuild, compare, promote, discard: a rebuilt view is the live one byte for byte, and what is not is named.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/pace.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "projections/runtime/projection_work.hpp"
#include "projections/views/table.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/row.hpp"
#include "tests/projections/history.hpp"
#include "tests/projections/random_history.hpp"
#include "tests/projections/stores.hpp"

namespace granary::testing {
namespace {

using projections::Difference;
using projections::OfflineProjections;
using projections::RebuildOptions;

constexpr ports::LogIdentity identity{{7, 8}, 4};

// A minute goes by between two looks at it, or none.
class LeapingClock final : public ports::Clock {
  public:
    explicit LeapingClock(Duration leap) : leap_(leap) {}
    Time now() const override { return {}; }
    Duration monotonic() const override { return {time_us_ += leap_.us}; }

  private:
    Duration leap_;
    mutable std::atomic<std::int64_t> time_us_{0};
};

struct Shop {
    memory::MemoryLog log{identity};
    memory::MemoryStore store;
    History history{log};
    SystemClock clock;
    std::unique_ptr<OfflineProjections> views;

    void open() { open(clock); }
    void open(const ports::Clock& time) {
        auto opened = OfflineProjections::open(log, store, time);
        GRANARY_CHECK(opened.has_value());
        views = std::move(*opened);
    }
    projections::ProjectionAdmin& admin() { return views->admin(); }
    OrderId order(std::uint64_t n) {
        history.append(order_stream(order_id(n)), {orders::Event(placed(order_id(n), customer_id(n), {{"APPLE", 2, 10000}}))});
        return order_id(n);
    }
};

RebuildOptions in_parts_of(std::size_t bytes) {
    RebuildOptions options;
    options.segment_bytes = bytes;
    return options;
}

TEST_CASE("a rebuilt view equals the live one byte for byte, in one part or in many") {
    CHECK(rc::check([](const std::vector<std::uint16_t>& choices, bool in_parts) {
        Shop shop;
        append_random(shop.history, choices);
        shop.open();
        RC_ASSERT(shop.views->catch_up().has_value());
        for (const auto& view : views::all) {
            const auto built = shop.admin().rebuild(view.name, in_parts_of(in_parts ? 700 : 1 << 20));
            RC_ASSERT(built.has_value());
            const std::string live = std::string(view.name) + "@1";
            const bool equal = contents_of(shop.store, built->table) == contents_of(shop.store, live);
            RC_ASSERT(equal);
        }
    }));
}

TEST_CASE("verify compares at one position although the log has grown since the rebuild") {
    Shop shop;
    shop.order(1);
    shop.open();
    REQUIRE(shop.views->catch_up());
    REQUIRE(shop.admin().rebuild("orders", {}));
    append_random(shop.history, {0, 8, 3, 59, 6, 14, 7, 200, 300, 400, 500, 24, 32});
    const auto report = shop.admin().verify("orders", {});
    REQUIRE(report);
    CHECK(report->comparison.equal());
    CHECK(report->comparison.rows > 0);
    CHECK(report->rebuilt == "orders@2");
    const Partition partition = shop.history.partition_of_order(order_id(1));
    CHECK(report->positions[partition.number].number >= 0);
}

TEST_CASE("a changed, a missing and a surplus row are named with the event behind them") {
    Shop shop;
    const Position first = shop.history.append(order_stream(order_id(1)), {orders::Event(placed(order_id(1), {}, {{"APPLE", 1, 100}}))});
    const Position second = shop.history.append(order_stream(order_id(2)), {orders::Event(placed(order_id(2), {}, {{"APPLE", 1, 100}}))});
    shop.open();
    REQUIRE(shop.views->catch_up());
    std::string changed = contents_of(shop.store, "orders@1").at(read_models::order_key(order_id(1)));
    changed.back() = static_cast<char>(changed.back() ^ 1);
    ports::StoreBatch tampering;
    tampering.put("orders@1", read_models::order_key(order_id(1)), changed);
    tampering.remove("orders@1", read_models::order_key(order_id(2)));
    tampering.put("orders@1", "surplus", read_models::stamped({{3}, {9}}, "x"));
    REQUIRE(shop.store.write(tampering, ports::Durability::process));

    const auto report = shop.admin().verify("orders", {});
    REQUIRE(report);
    CHECK(report->comparison.differences == 3);
    REQUIRE(report->comparison.named.size() == 3);
    const auto& named = report->comparison.named;
    CHECK(named[0].kind == Difference::Kind::differs);
    CHECK(named[0].key == read_models::order_key(order_id(1)));
    CHECK(named[0].last_event == first);
    CHECK(named[1].kind == Difference::Kind::missing);
    CHECK(named[1].last_event == second);
    CHECK(named[2].kind == Difference::Kind::surplus);
    CHECK(named[2].last_event == Position{{3}, {9}});
    // The table that was made for the comparison is gone.
    CHECK(shop.admin().list()->size() == views::all.size());
    CHECK(json_of(*report).find("\"last_event\":\"3:9\"") != std::string::npos);
}

TEST_CASE("promote switches readers, keeps the former table up to date, and discard drops it") {
    Shop shop;
    shop.order(1);
    shop.open();
    REQUIRE(shop.views->catch_up());
    REQUIRE(shop.admin().rebuild("orders", {}));
    CHECK(*shop.views->views().live_table("orders") == "orders@1");
    shop.order(2);
    const auto promoted = shop.admin().promote("orders", std::nullopt);
    REQUIRE(promoted);
    CHECK(promoted->live);
    CHECK(*shop.views->views().live_table("orders") == "orders@2");

    shop.order(3);
    shop.open();
    REQUIRE(shop.views->catch_up());
    CHECK(*shop.views->views().live_table("orders") == "orders@2");
    CHECK(contents_of(shop.store, "orders@1") == contents_of(shop.store, "orders@2"));

    CHECK(shop.admin().discard("orders", 2).error().code == FaultCode::conflict);
    CHECK(shop.admin().discard("orders", 9).error().code == FaultCode::not_found);
    CHECK(*shop.admin().discard("orders", std::nullopt) == 1);
    CHECK_FALSE(contents_of(shop.store).contains("orders@1"));
    for (const auto& [key, value] : contents_of(shop.store, "_positions")) CHECK_FALSE(key.starts_with("orders@1"));
}

TEST_CASE("a table that differs from the live one is promoted only by who insists on it") {
    Shop shop;
    shop.order(1);
    shop.open();
    REQUIRE(shop.views->catch_up());
    REQUIRE(shop.admin().rebuild("orders", {}));
    const std::string key = read_models::order_key(order_id(1));
    std::string wrong = contents_of(shop.store, "orders@1").at(key);
    wrong.back() = static_cast<char>(wrong.back() ^ 1);
    ports::StoreBatch tampering;
    tampering.put("orders@1", key, wrong);
    REQUIRE(shop.store.write(tampering, ports::Durability::process));

    const auto refused = shop.admin().promote("orders", std::nullopt);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::conflict);
    CHECK_MESSAGE(refused.error().message.contains("differ in 1 rows"), refused.error().message);
    CHECK(*shop.views->views().live_table("orders") == "orders@1");
    CHECK(shop.admin().promote("orders", std::nullopt, {}, true));
    CHECK(*shop.views->views().live_table("orders") == "orders@2");
}

TEST_CASE("an interrupted rebuild goes on, and ends with the same bytes") {
    CHECK(rc::check([](const std::vector<std::uint16_t>& choices, std::uint8_t calls) {
        Shop shop;
        append_random(shop.history, choices);
        shop.open();
        RC_ASSERT(shop.views->catch_up().has_value());
        std::stop_source stop;
        auto options = in_parts_of(700);
        options.stop = stop.get_token();
        int left = calls % 8;
        options.on_progress = [&](const projections::RebuildProgress&) {
            if (left-- == 0) stop.request_stop();
        };
        const auto interrupted = shop.admin().rebuild("sales", options);
        if (!interrupted) {
            RC_ASSERT(interrupted.error().code == FaultCode::unavailable);
            // Another process goes on; meanwhile the log has grown, which is not this rebuild's matter.
            append_random(shop.history, {0, 40, 1, 41});
            shop.open();
            RC_ASSERT(shop.views->catch_up().has_value());
        }
        const auto report = interrupted ? interrupted : shop.admin().rebuild("sales", in_parts_of(700));
        RC_ASSERT(report.has_value());
        RC_ASSERT(report->generation == 2U);
        const auto verified = shop.admin().verify("sales", {});
        RC_ASSERT(verified.has_value());
        RC_ASSERT(verified->comparison.equal());
    }));
}

TEST_CASE("a slow rebuild brings what it has folded into the store on the way, a quick one all at once") {
    for (const bool slow : {true, false}) {
        Shop shop;
        for (std::uint64_t n = 1; n <= 40; ++n) shop.order(n);
        const LeapingClock clock(slow ? minutes(1) : Duration{});
        shop.open(clock);
        REQUIRE(shop.views->catch_up());
        RebuildOptions options;
        options.threads = 1;
        std::ptrdiff_t kept = 0;
        options.on_progress = [&](const projections::RebuildProgress& progress) {
            if (progress.done < progress.total) return;
            const auto positions = projections::read_positions(shop.store, "orders@2", identity.partitions);
            REQUIRE(positions);
            kept = std::ranges::count_if(*positions, [](const auto& folded) { return folded.has_value(); });
        };
        const auto built = shop.admin().rebuild("orders", options);
        REQUIRE(built);
        CHECK((kept > 0) == slow);
        CHECK(contents_of(shop.store, built->table) == contents_of(shop.store, "orders@1"));
    }
}

TEST_CASE("a rebuild whose load was not noted is repeated to the same rows") {
    Shop shop;
    append_random(shop.history, {0, 8, 3, 59, 6, 14, 7, 200, 300, 400, 500, 24, 32, 48, 64, 72});
    shop.open();
    REQUIRE(shop.views->catch_up());
    // Fails the loads and notes of the first tries one after the other.
    for (std::size_t failing = 1; failing < 4; ++failing) {
        auto options = in_parts_of(700);
        options.threads = 1;
        bool armed = true;
        options.on_progress = [&](const projections::RebuildProgress&) {
            if (std::exchange(armed, false)) shop.store.fail_writes(failing);
        };
        CHECK_FALSE(shop.admin().rebuild("orders_by_status", options));
        shop.store.fail_writes(0);
    }
    const auto built = shop.admin().rebuild("orders_by_status", in_parts_of(700));
    REQUIRE(built);
    CHECK(contents_of(shop.store, built->table) == contents_of(shop.store, "orders_by_status@1"));
}

TEST_CASE("a view or generation that is not there is refused") {
    Shop shop;
    shop.open();
    CHECK(shop.admin().rebuild("horoscopes", {}).error().code == FaultCode::not_found);
    CHECK(shop.admin().verify("horoscopes", {}).error().code == FaultCode::not_found);
    CHECK(shop.admin().promote("orders", 7).error().code == FaultCode::not_found);
    CHECK(shop.admin().discard("horoscopes", std::nullopt).error().code == FaultCode::not_found);
}

TEST_CASE("work that was begun over a network can be looked at until it is done") {
    Shop shop;
    shop.order(1);
    shop.open();
    REQUIRE(shop.views->catch_up());
    {
        projections::ProjectionWork work(shop.admin());
        CHECK_FALSE(work.view_json("horoscopes")->has_value());
        CHECK(work.begin("horoscopes", {projections::WorkKind::verify}).error().code == FaultCode::not_found);
        REQUIRE(work.begin("orders", {projections::WorkKind::rebuild}));
        std::string shown;
        do {
            shown = **work.view_json("orders");
        } while (shown.find("\"running\"") != std::string::npos);
        CHECK(shown.find("\"status\":\"done\"") != std::string::npos);
        CHECK(shown.find("\"table\":\"orders@2\"") != std::string::npos);
    }
    CHECK(shop.admin().list()->size() == views::all.size() + 1);
}

TEST_CASE("work that is cancelled stops, and a rebuild goes on where it stopped when it is begun again") {
    Shop shop;
    for (std::uint64_t n = 0; n < 20; ++n) shop.order(n);
    shop.open();
    REQUIRE(shop.views->catch_up());
    projections::ProjectionWork work(shop.admin());
    const auto wait_for_end = [&] {
        std::string shown;
        do {
            shown = **work.view_json("orders");
        } while (shown.find("\"running\"") != std::string::npos);
        return shown;
    };
    CHECK(work.cancel("horoscopes").error().code == FaultCode::not_found);
    CHECK(work.cancel("orders").error().code == FaultCode::conflict);
    // At so many a second it would take weeks.
    const projections::WorkWish slow{.kind = projections::WorkKind::rebuild, .threads = 2, .records_per_second = 1};
    for (int i = 0; i < 2; ++i) {
        REQUIRE(work.begin("orders", slow));
        CHECK(work.begin("stock", slow).error().code == FaultCode::conflict);
        CHECK(work.cancel("stock").error().code == FaultCode::conflict);
        REQUIRE(work.cancel("orders"));
        const auto shown = wait_for_end();
        CHECK(shown.find("\"status\":\"cancelled\"") != std::string::npos);
        CHECK(shown.find("\"code\":\"unavailable\"") != std::string::npos);
        const std::string version = std::to_string(views::all.front().version);
        CHECK(shown.find("\"table\":\"orders@2\",\"version\":" + version + ",\"state\":\"building\"") != std::string::npos);
    }
    REQUIRE(work.begin("orders", {projections::WorkKind::rebuild}));
    CHECK(wait_for_end().find("\"status\":\"done\"") != std::string::npos);
    CHECK(work.cancel("orders").error().code == FaultCode::conflict);
    CHECK(contents_of(shop.store, "orders@2") == contents_of(shop.store, "orders@1"));
}

// A clock that is later whenever it is looked at.
struct HastyClock final : ports::Clock {
    explicit HastyClock(Duration step) : step_(step) {}
    Time now() const override { return {monotonic().us}; }
    Duration monotonic() const override { return {at_.fetch_add(step_.us)}; }
    Duration step_;
    mutable std::atomic<std::int64_t> at_{0};
};

TEST_CASE("a pace holds its rate, waits for who matters more, though not for ever, and for nobody once it is asked to stop") {
    HastyClock clock(milliseconds(1));
    std::stop_source stop;
    projections::Pace rated(clock, 10'000, {}, stop.get_token());
    rated.rest(100);
    CHECK(clock.at_ >= 10'000);

    int looks = 0;
    projections::Pace polite(clock, 0, [&] { return ++looks < 4; }, stop.get_token());
    polite.rest(1);
    CHECK(looks == 4);

    HastyClock leaping(milliseconds(400));
    looks = 0;
    projections::Pace ignored(leaping, 0, [&] { return ++looks > 0; }, stop.get_token());
    ignored.rest(1);
    CHECK(looks > 0);
    CHECK(looks < 10);

    stop.request_stop();
    projections::Pace stopped(clock, 1, [] { return true; }, stop.get_token());
    stopped.rest(1'000'000);
}

}  // namespace
}  // namespace granary::testing
