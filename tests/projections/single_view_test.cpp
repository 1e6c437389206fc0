// A view of one moment: from the log's beginning, or from a copy of an earlier moment, to the same bytes.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "projections/runtime/single_view.hpp"
#include "projections/views/table.hpp"
#include "tests/projections/history.hpp"
#include "tests/projections/random_history.hpp"
#include "tests/projections/stores.hpp"

namespace granary::testing {
namespace {

using projections::build_view;
using projections::copy_view;
using projections::find_live;
using projections::OfflineProjections;
using projections::RebuildOptions;

constexpr ports::LogIdentity identity{{7, 8}, 4};

struct Shop {
    memory::MemoryLog log{identity};
    History history{log};
    SystemClock clock;

    std::vector<Offset> ends() { return *projections::ends_of(log); }
    // What a server's store holds now.
    void fold(ports::Store& store) {
        auto views = OfflineProjections::open(log, store, clock);
        GRANARY_CHECK(views.has_value() && (*views)->catch_up().has_value());
    }
};

RebuildOptions in_parts() {
    RebuildOptions options;
    options.segment_bytes = 700;
    return options;
}

}  // namespace

TEST_CASE("a view of a past moment is what was live then, built from the beginning or from a copy of before") {
    CHECK(rc::check([](const std::vector<std::uint16_t>& before, const std::vector<std::uint16_t>& then, const std::vector<std::uint16_t>& later) {
        Shop shop;
        append_random(shop.history, before);
        memory::MemoryStore early;
        shop.fold(early);
        append_random(shop.history, then);
        memory::MemoryStore live;
        shop.fold(live);
        const auto ends = shop.ends();
        const Time time = shop.history.now();
        append_random(shop.history, later);
        for (const auto& view : views::all) {
            const std::string table = std::string(view.name) + "@1";
            memory::MemoryStore by_position;
            RC_ASSERT(build_view(shop.log, by_position, shop.clock, view.name, ends, in_parts()).has_value());
            memory::MemoryStore by_time;
            RebuildOptions until = in_parts();
            until.until = time;
            RC_ASSERT(build_view(shop.log, by_time, shop.clock, view.name, shop.ends(), until).has_value());
            memory::MemoryStore from_copy;
            RC_ASSERT(copy_view(early, view.name, identity.partitions, from_copy).has_value());
            RC_ASSERT(build_view(shop.log, from_copy, shop.clock, view.name, ends, in_parts()).has_value());
            const bool equal = contents_of(by_position, table) == contents_of(live, table) && contents_of(by_time, table) == contents_of(live, table) && contents_of(from_copy, table) == contents_of(live, table);
            RC_ASSERT(equal);
            const auto positions = find_live(live, view.name, identity.partitions)->positions();
            RC_ASSERT(find_live(by_position, view.name, identity.partitions)->positions() == positions);
            // Claims of later have no commit's time, and are passed over on the way to the first commit of later.
            RC_ASSERT(std::ranges::equal(positions, find_live(by_time, view.name, identity.partitions)->positions(), std::less_equal<>()));
            RC_ASSERT(find_live(from_copy, view.name, identity.partitions)->positions() == positions);
        }
    }));
}

TEST_CASE("a copy whose last record is no longer the log's is not built on") {
    Shop shop;
    const Position first = shop.history.append(order_stream(order_id(1)), {orders::Event(placed(order_id(1), {}, {{"APPLE", 1, 100}}))});
    memory::MemoryStore early;
    shop.fold(early);
    shop.history.append(order_stream(order_id(1)), {orders::Event(paid(order_id(1), payment_id(1), pounds(1)))});
    memory::MemoryStore store;
    REQUIRE(copy_view(early, "orders", identity.partitions, store));
    shop.log.flip_bit(first.partition, first.offset, 60, 3);
    const auto built = build_view(shop.log, store, shop.clock, "orders", shop.ends(), {});
    REQUIRE_FALSE(built);
    CHECK(built.error().code == FaultCode::corrupt);
    CHECK(built.error().message.find(text_of(first)) != std::string::npos);
}

TEST_CASE("a view that is not there is not found, and a copy that is stopped is none") {
    Shop shop;
    memory::MemoryStore empty;
    memory::MemoryStore store;
    REQUIRE(empty.create_table("_views"));
    CHECK(copy_view(empty, "orders", identity.partitions, store).error().code == FaultCode::not_found);
    CHECK(build_view(shop.log, store, shop.clock, "horoscopes", shop.ends(), {}).error().code == FaultCode::not_found);
    std::vector<std::uint16_t> choices(5000);
    for (std::size_t i = 0; i < choices.size(); ++i) choices[i] = static_cast<std::uint16_t>(i * 8);
    append_random(shop.history, choices);
    memory::MemoryStore live;
    shop.fold(live);
    const auto stopped = copy_view(live, "order_timeline", identity.partitions, store, [](std::uint64_t) -> Status { return projections::interrupted("the copy"); });
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == FaultCode::unavailable);
    CHECK(find_live(store, "order_timeline", identity.partitions).error().code == FaultCode::not_found);
}

}  // namespace granary::testing
