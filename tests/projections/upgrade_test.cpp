// From one version of a view to the next: the old table serves while the new one is built beside it, and is kept. The step is a
// real one: version 1 of the orders' pages went back to `booked` when a parcel's booking was recorded late.
#include <doctest/doctest.h>

#include <array>
#include <thread>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "projections/runtime/projection_host.hpp"
#include "projections/runtime/projection_work.hpp"
#include "projections/runtime/view_registry.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/row.hpp"
#include "tests/projections/history.hpp"
#include "tests/projections/random_history.hpp"
#include "tests/projections/stores.hpp"

namespace granary::testing {
namespace {

using projections::OfflineProjections;
using projections::ProjectionHost;
using projections::RebuildOptions;
using views::View;

constexpr ports::LogIdentity identity{{7, 8}, 4};
constexpr auto order_kinds = stream_kinds(StreamKind::order, StreamKind::payment, StreamKind::shipment);

void apply_orders_1(views::Rows& rows, const views::Fact& fact) {
    views::apply_orders(rows, fact);
    const auto* shipment = std::get_if<delivery::Event>(&fact.event);
    const auto* booked = shipment == nullptr ? nullptr : std::get_if<delivery::ShipmentBookedT>(shipment);
    if (booked == nullptr) return;
    auto* row = rows.edit<read_models::OrderRowT>(read_models::order_key(booked->order_id));
    if (row != nullptr && row->shipment) row->shipment->status = static_cast<std::uint8_t>(delivery::ShipmentStatus::booked);
}

// Not as it says: it leaves out every order but those of two lines.
void apply_some_orders(views::Rows& rows, const views::Fact& fact) {
    const auto* order = std::get_if<orders::Event>(&fact.event);
    const auto* placing = order == nullptr ? nullptr : std::get_if<orders::OrderPlacedT>(order);
    if (placing == nullptr || placing->lines.size() == 2) views::apply_orders(rows, fact);
}

constexpr View stock{"stock", 1, stream_kinds(StreamKind::stock), views::apply_stock};
constexpr View version_1{"orders", 1, order_kinds, apply_orders_1};
constexpr View version_2{"orders", 2, order_kinds, views::apply_orders, 1, 1};
constexpr View version_2_apart{"orders", 2, order_kinds, views::apply_orders};
constexpr View version_2_wrong{"orders", 2, order_kinds, apply_some_orders, 1, 1};

constexpr std::array old_build{version_1, stock};
constexpr std::array new_build{version_2, stock};
constexpr std::array apart_build{version_2_apart, stock};
constexpr std::array wrong_build{version_2_wrong, stock};
constexpr std::array larger_build{version_1, stock, View{"products", 1, stream_kinds(StreamKind::product), views::apply_products}};

struct Shop {
    memory::MemoryLog log{identity};
    memory::MemoryStore store;
    History history{log};
    SystemClock clock;
    std::unique_ptr<OfflineProjections> views;

    // As a program with these views finds the data directory.
    void start(views::Table build) {
        views.reset();
        auto opened = OfflineProjections::open(log, store, clock, build);
        GRANARY_CHECK(opened.has_value());
        views = std::move(*opened);
        GRANARY_CHECK(views->catch_up().has_value());
    }
    projections::ProjectionAdmin& admin() { return views->admin(); }
    std::string live(std::string_view view = "orders") const {
        const auto table = views->views().live_table(view);
        return table ? *table : "(none)";
    }
    std::string state_of(const std::string& table) {
        const auto entries = *admin().list();
        for (const auto& entry : entries) {
            if (entry.table != table) continue;
            return entry.building ? "building" : entry.live ? "live" : entry.folded ? "standby" : "outdated";
        }
        return "(none)";
    }

    // Delivered before its booking is recorded.
    void order_delivered_early(std::uint64_t n) {
        const OrderId id = order_id(n);
        const ShipmentId parcel = shipment_id(n);
        history.append(order_stream(id), {orders::Event(placed(id, customer_id(n), {{"APPLE", 2, 10000}}))});
        delivery::ShipmentCreatedT created;
        created.shipment_id = parcel;
        created.order_id = id;
        delivery::ShipmentProgressedT delivered;
        delivered.shipment_id = parcel;
        delivered.order_id = id;
        delivered.status = delivery::ShipmentStatus::delivered;
        delivery::ShipmentBookedT booked;
        booked.shipment_id = parcel;
        booked.order_id = id;
        for (const delivery::Event& event : {delivery::Event(created), delivery::Event(delivered), delivery::Event(booked)}) {
            history.append(shipment_stream(parcel, id), {event});
        }
    }
    std::string page(const std::string& table, std::uint64_t n) const {
        const auto value = store.get(table, read_models::order_key(order_id(n)));
        GRANARY_CHECK(value.has_value() && value->has_value());
        const auto row = read_models::read_row<read_models::OrderRowT>(**value);
        GRANARY_CHECK(row.has_value());
        return row->row.members;
    }
};

TableContents folded_afresh(ports::Log& log, views::Table build) {
    memory::MemoryStore store;
    SystemClock clock;
    auto views = OfflineProjections::open(log, store, clock, build);
    GRANARY_CHECK(views.has_value() && (*views)->catch_up().has_value());
    return contents_of(store, "orders@1");
}

bool shows(const std::string& page, std::string_view status) { return page.find("\"status\":\"" + std::string(status) + "\"") != std::string::npos; }

}  // namespace

TEST_CASE("views that a process had no time to enter before it ended begin with the others, while nothing is folded") {
    Shop shop;
    shop.order_delivered_early(1);
    constexpr std::array entered{version_1};
    REQUIRE(OfflineProjections::open(shop.log, shop.store, shop.clock, entered).has_value());
    shop.start(old_build);
    CHECK(shop.live() == "orders@1");
    CHECK(shop.live("stock") == "stock@1");
    CHECK(shop.state_of("stock@1") == "live");
}

TEST_CASE("a view whose table was lost is folded again with all others") {
    for (const std::string_view lost : {std::string_view("orders@1"), projections::positions_table}) {
        Shop shop;
        shop.order_delivered_early(1);
        shop.start(old_build);
        const std::string page = shop.page("orders@1", 1);
        shop.views.reset();
        REQUIRE(shop.store.drop_table(lost));
        REQUIRE(projections::ViewRegistry::open(shop.store, old_build, [](std::string_view) {}));
        shop.start(old_build);
        CHECK(shop.page("orders@1", 1) == page);
        CHECK(shop.state_of("stock@1") == "live");
    }
}

TEST_CASE("a version that reads the old rows serves them, folds on, and changes over to its own when they are built") {
    Shop shop;
    shop.order_delivered_early(1);
    shop.start(old_build);
    CHECK(shows(shop.page("orders@1", 1), "booked"));

    shop.start(new_build);
    CHECK(shop.admin().outdated() == std::vector<std::string>{"orders"});
    CHECK(shop.live() == "orders@1");
    // What happens now shows at once, as this version shows it.
    shop.order_delivered_early(2);
    REQUIRE(shop.views->catch_up());
    CHECK(shows(shop.page("orders@1", 2), "delivered"));

    const auto report = shop.admin().upgrade("orders", {});
    REQUIRE(report);
    CHECK(report->former == "orders@1");
    CHECK(report->table == "orders@2");
    REQUIRE(report->compared);
    CHECK(report->compared->rows == 2);
    CHECK(shop.live() == "orders@2");
    CHECK(shows(shop.page("orders@2", 1), "delivered"));
    CHECK(contents_of(shop.store, "orders@2") == folded_afresh(shop.log, new_build));
    CHECK(shop.admin().outdated().empty());
    CHECK(shop.admin().upgrade("orders", {}).error().code == FaultCode::not_found);

    // The old one is kept as it was, after a restart as well, until somebody discards it.
    const auto kept = contents_of(shop.store, "orders@1");
    shop.order_delivered_early(3);
    REQUIRE(shop.views->catch_up());
    CHECK(shop.state_of("orders@1") == "outdated");
    shop.start(new_build);
    CHECK(contents_of(shop.store, "orders@1") == kept);
    CHECK(shop.admin().verify("orders", {})->comparison.equal());
    CHECK(*shop.admin().discard("orders", std::nullopt) == 1);
    CHECK(shop.state_of("orders@1") == "(none)");
}

TEST_CASE("while the old version is live, a comparison is of keys, and says so") {
    Shop shop;
    append_random(shop.history, {0, 8, 3, 59, 6, 14, 7, 200, 300, 400, 500, 24, 32});
    shop.order_delivered_early(1);
    shop.start(old_build);
    shop.start(new_build);
    const auto report = shop.admin().verify("orders", {});
    REQUIRE(report);
    CHECK(report->match == projections::Match::keys);
    CHECK(report->comparison.equal());
    CHECK(report->comparison.rows > 1);
    CHECK(json_of(*report).find("\"compared\":\"keys\"") != std::string::npos);
    ports::StoreBatch damage;
    damage.put("orders@1", "surplus", read_models::stamped({{3}, {9}}, "x"));
    REQUIRE(shop.store.write(damage, ports::Durability::process));
    CHECK(shop.admin().verify("orders", {})->comparison.differences == 1);
}

TEST_CASE("a version that can't read the old rows serves none until its own are built, and says how far they are") {
    Shop shop;
    shop.order_delivered_early(1);
    shop.start(old_build);
    shop.start(apart_build);
    CHECK(shop.live() == "(none)");
    CHECK(shop.live("stock") == "stock@1");
    CHECK(shop.views->views().why_missing("orders") == "the view orders is being built for this version of the program");
    CHECK(shop.admin().verify("orders", {}).error().code == FaultCode::unavailable);
    CHECK(shop.state_of("orders@1") == "outdated");

    RebuildOptions options;
    std::string seen;
    options.on_progress = [&](const projections::RebuildProgress&) { seen = shop.views->views().why_missing("orders"); };
    const auto report = shop.admin().upgrade("orders", options);
    REQUIRE(report);
    CHECK(seen == "the view orders is being built for this version of the program: 4 of 4 records");
    CHECK_FALSE(report->compared);
    CHECK(shop.live() == "orders@2");
    CHECK(contents_of(shop.store, "orders@2") == folded_afresh(shop.log, new_build));
    CHECK(shop.state_of("orders@1") == "outdated");
}

TEST_CASE("a new table with other keys than it should have is not promoted, and the old one goes on") {
    Shop shop;
    shop.order_delivered_early(1);
    shop.start(old_build);
    shop.start(wrong_build);
    const auto report = shop.admin().upgrade("orders", {});
    REQUIRE_FALSE(report);
    CHECK(report.error().code == FaultCode::conflict);
    CHECK(report.error().message.find("orders@2 has other keys than orders@1") != std::string::npos);
    CHECK(shop.live() == "orders@1");
    CHECK(shows(shop.page("orders@1", 1), "booked"));
    CHECK(shop.state_of("orders@2") == "standby");
}

TEST_CASE("an upgrade that is interrupted goes on with the table that it had begun") {
    Shop shop;
    for (std::uint64_t n = 0; n < 30; ++n) shop.order_delivered_early(n);
    shop.start(old_build);
    shop.start(new_build);
    std::stop_source stop;
    RebuildOptions options;
    options.stop = stop.get_token();
    options.on_progress = [&](const projections::RebuildProgress&) { stop.request_stop(); };
    CHECK(shop.admin().upgrade("orders", options).error().code == FaultCode::unavailable);
    CHECK(shop.state_of("orders@2") == "building");
    shop.start(new_build);
    CHECK(shop.live() == "orders@1");
    CHECK(shop.admin().upgrade("orders", {})->table == "orders@2");
    CHECK(contents_of(shop.store, "orders@2") == folded_afresh(shop.log, new_build));
}

TEST_CASE("what one version had begun to build, another one drops") {
    Shop shop;
    for (std::uint64_t n = 0; n < 30; ++n) shop.order_delivered_early(n);
    shop.start(old_build);
    std::stop_source stop;
    RebuildOptions options;
    options.stop = stop.get_token();
    options.on_progress = [&](const projections::RebuildProgress&) { stop.request_stop(); };
    CHECK_FALSE(shop.admin().rebuild("orders", options));
    CHECK(shop.state_of("orders@2") == "building");
    shop.start(new_build);
    CHECK(shop.state_of("orders@2") == "(none)");
    CHECK(shop.live() == "orders@1");
}

TEST_CASE("back to the version before: its own table catches up from where it was left, and serves again") {
    Shop shop;
    shop.order_delivered_early(1);
    shop.start(old_build);
    shop.start(new_build);
    REQUIRE(shop.admin().upgrade("orders", {}));
    for (std::uint64_t n = 2; n < 20; ++n) shop.order_delivered_early(n);
    REQUIRE(shop.views->catch_up());

    shop.start(old_build);
    CHECK(shop.live() == "(none)");
    CHECK(shop.state_of("orders@1") == "building");
    CHECK(shop.state_of("orders@2") == "outdated");
    const auto report = shop.admin().upgrade("orders", {});
    REQUIRE(report);
    CHECK(report->table == "orders@1");
    CHECK(shop.live() == "orders@1");
    CHECK(contents_of(shop.store, "orders@1") == folded_afresh(shop.log, old_build));
}

TEST_CASE("there and back and there again: the table of the newer version has the smaller number, and is promoted all the same") {
    Shop shop;
    for (std::uint64_t n = 1; n < 10; ++n) shop.order_delivered_early(n);
    shop.start(old_build);
    shop.start(new_build);
    REQUIRE(shop.admin().upgrade("orders", {}));
    REQUIRE(shop.admin().discard("orders", 1));
    shop.start(old_build);
    REQUIRE(shop.admin().upgrade("orders", {}));
    CHECK(shop.live() == "orders@3");
    shop.start(new_build);
    CHECK(shop.state_of("orders@2") == "building");
    const auto report = shop.admin().upgrade("orders", {});
    REQUIRE(report);
    CHECK(report->table == "orders@2");
    CHECK(shop.live() == "orders@2");
    CHECK(contents_of(shop.store, "orders@2") == folded_afresh(shop.log, new_build));
}

TEST_CASE("a table that nobody folds any more is not promoted") {
    Shop shop;
    shop.order_delivered_early(1);
    shop.start(old_build);
    shop.start(new_build);
    REQUIRE(shop.admin().upgrade("orders", {}));
    const auto promoted = shop.admin().promote("orders", 1);
    REQUIRE_FALSE(promoted);
    CHECK(promoted.error().code == FaultCode::conflict);
    CHECK(shop.live() == "orders@2");
}

TEST_CASE("a view that is new in a store with others is built beside them, and one that is gone is left alone") {
    Shop shop;
    shop.history.append(product_stream(sku("APPLE")), {catalog::Event(product("APPLE", "Apple", 10000))});
    shop.order_delivered_early(1);
    shop.start(old_build);
    shop.start(larger_build);
    CHECK(shop.live("products") == "(none)");
    CHECK(shop.live() == "orders@1");
    REQUIRE(shop.admin().upgrade("products", {}));
    CHECK(shop.live("products") == "products@1");
    CHECK(contents_of(shop.store, "products@1").size() == 1);
    shop.start(old_build);
    CHECK(shop.live() == "orders@1");
    CHECK(contents_of(shop.store, "products@1").size() == 1);
}

TEST_CASE("a host brings views to its version by itself while it serves") {
    Shop shop;
    for (std::uint64_t n = 0; n < 30; ++n) shop.order_delivered_early(n);
    shop.start(old_build);
    shop.views.reset();
    for (const views::Table build : {views::Table(new_build), views::Table(apart_build)}) {
        memory::MemoryStore store;
        {
            const auto old = OfflineProjections::open(shop.log, store, shop.clock, old_build);
            REQUIRE(old);
            REQUIRE((*old)->catch_up());
        }
        auto host = ProjectionHost::start({.log = shop.log, .store = store, .clock = shop.clock, .views = build});
        REQUIRE(host);
        while (!(*host)->status().outdated.empty()) std::this_thread::yield();
        CHECK_FALSE((*host)->is_missing_any());
        CHECK(*(*host)->views().live_table("orders") == "orders@2");
        std::string shown;
        do {
            shown = **(*host)->work().view_json("orders");
        } while (shown.find("\"running\"") != std::string::npos);
        CHECK(shown.find("\"action\":\"upgrade\",\"status\":\"done\"") != std::string::npos);
        REQUIRE((*host)->stop(seconds(60)));
        CHECK(contents_of(store, "orders@2") == folded_afresh(shop.log, new_build));
    }
}

TEST_CASE("an upgrade that fails says why, and can be begun again") {
    Shop shop;
    shop.order_delivered_early(1);
    shop.start(old_build);
    shop.start(new_build);
    projections::ProjectionWork work(shop.admin());
    const auto wait_for_end = [&] {
        std::string shown;
        do {
            shown = **work.view_json("orders");
        } while (shown.find("\"work\"") == std::string::npos || shown.find("\"running\"") != std::string::npos);
        return shown;
    };
    shop.store.fail_writes(1);
    REQUIRE(work.upgrade());
    CHECK(wait_for_end().find("\"code\":\"io_error\"") != std::string::npos);
    CHECK(shop.live() == "orders@1");
    REQUIRE(work.upgrade());
    CHECK(wait_for_end().find("\"status\":\"done\"") != std::string::npos);
    CHECK(shop.live() == "orders@2");
    CHECK(work.upgrade());  // nothing is left to do
    CHECK(work.end(seconds(60)));
    CHECK(work.begin("orders", {projections::WorkKind::rebuild}).error().code == FaultCode::unavailable);
}

}  // namespace granary::testing
