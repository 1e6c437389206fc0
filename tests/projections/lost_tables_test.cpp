// Tables that a damaged file took along: whoever looks after the views is told, and the server begins afresh.
#include <doctest/doctest.h>

#include <algorithm>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "projections/runtime/projection_host.hpp"
#include "projections/runtime/stored_state.hpp"
#include "projections/runtime/view_registry.hpp"
#include "query-side/read_models/keys.hpp"
#include "tests/projections/history.hpp"
#include "tests/projections/stores.hpp"

namespace granary::testing {
namespace {

using projections::OfflineProjections;
using projections::ProjectionHost;
using projections::ViewRegistry;

struct Folded {
    memory::MemoryLog log{{{7, 8}, 4}};
    History history{log};
    memory::MemoryStore store;
    SystemClock clock;

    Folded() {
        for (std::uint64_t n = 0; n < 5; ++n) history.append(order_stream(order_id(n)), {orders::Event(placed(order_id(n), {}, {{"APPLE", 1, 100}}))});
        const auto offline = OfflineProjections::open(log, store, clock);
        REQUIRE(offline);
        REQUIRE((*offline)->catch_up());
    }
};

}  // namespace

TEST_CASE("a table that was lost is told to who looks after the views, and nothing is dropped; the server begins afresh") {
    Folded folded;
    REQUIRE(folded.store.drop_table("stock@1"));
    const auto kept = contents_of(folded.store, "orders@1");
    REQUIRE(kept.size() == 5);
    const auto told = OfflineProjections::open(folded.log, folded.store, folded.clock);
    REQUIRE_FALSE(told);
    CHECK(told.error().code == FaultCode::corrupt);
    CHECK(contents_of(folded.store, "orders@1") == kept);
    std::string why;
    auto host = ProjectionHost::start({.log = folded.log, .store = folded.store, .clock = folded.clock, .begun_afresh = [&](std::string_view text) { why = text; }});
    REQUIRE(host);
    REQUIRE((*host)->stop(seconds(60)));
    CHECK(why.contains("missing"));
    const auto tables = folded.store.tables();
    CHECK(std::ranges::find(tables, "stock@1") != tables.end());
}

TEST_CASE("a start that was killed when it had made the first table is no damage") {
    for (const auto table : {projections::views_table, projections::positions_table}) {
        memory::MemoryStore store;
        REQUIRE(store.create_table(table));
        CHECK(ViewRegistry::open(store));
    }
}

}  // namespace granary::testing
