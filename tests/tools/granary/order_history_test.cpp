// The history of an order by its view is what the log itself says of it, states and all, on whatever pages.
#include "tools/granary/order_history.hpp"

#include <doctest/doctest.h>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/host/stored_commits.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "tests/query-side/shop.hpp"
#include "tests/tools/granary/chain_writer.hpp"
#include "tools/granary/aggregate_history.hpp"
#include "tools/granary/json_value.hpp"
#include "tools/granary/state_difference.hpp"

using namespace granary;
using namespace granary::cli;

namespace {

const OrderId order{{1, 42}};
const OrderId other{{1, 43}};
const PaymentId payment{{2, 42}};

template <class Message>
Message about(OrderId id = order) {
    Message message;
    message.order_id = id;
    return message;
}

Event placed(OrderId id) {
    auto event = about<orders::OrderPlacedT>(id);
    event.total = {1530, currency("GBP")};
    return orders::Event{event};
}

struct World {
    memory::MemoryLog log{{Uuid{9, 9}, 4}};
    tests::ChainWriter writer{log};
    memory::MemoryStore store;
    SystemClock clock;
    testing::ToySealer sealer;
    testing::StandingFreshness freshness;
    std::unique_ptr<projections::OfflineProjections> views;
    std::unique_ptr<queries::OrderQueries> orders;
    std::unique_ptr<StoredCommits> commits;

    void write() {
        for (const OrderId id : {order, other}) writer.commit(order_stream(id), {placed(id)});
        auto started = about<payments::PaymentStartedT>();
        started.payment_id = payment;
        writer.commit(payment_stream(payment, order), {payments::Event{started}});
        auto answer = about<order_fulfilment::AnswerRecordedT>();
        answer.accepted = true;
        answer.step = order_fulfilment::Step::reserve;
        writer.commit(order_fulfilment_stream(order), {order_fulfilment::Event{answer}});
        writer.commit(order_stream(other), {orders::Event{about<orders::OrderPaidT>(other)}});
        writer.commit(order_stream(order), {orders::Event{about<orders::OrderPaidT>()}, orders::Event{about<orders::OrderPackedT>()}, orders::Event{about<orders::OrderShippedT>()}});
        customer_erasure::OrdersFoundT found;
        found.person = {order.value};
        found.order = order;
        writer.commit(customer_erasure_stream(order), {customer_erasure::Event{found}});
    }
    ViewedOrderHistory history() {
        auto opened = projections::OfflineProjections::open(log, store, clock);
        REQUIRE(opened);
        views = std::move(*opened);
        REQUIRE(views->catch_up());
        freshness.positions = freshness.ends = views->positions();
        orders = std::make_unique<queries::OrderQueries>(queries::Source{store, views->views(), freshness, sealer, 4});
        commits = std::make_unique<StoredCommits>(log);
        return {*orders, *commits};
    }
};

std::string event_of(const std::string& item) { return std::string(parse_json(item)->string_at("event")); }

std::vector<std::string> all_items(ViewedOrderHistory& history, std::size_t limit, ports::HistoryMoment as_of = {}) {
    std::vector<std::string> items;
    std::string cursor;
    do {
        const auto page = history.page({order, limit, cursor, as_of});
        REQUIRE(page);
        CHECK(page->items.size() <= limit);
        items.insert(items.end(), page->items.begin(), page->items.end());
        cursor = page->next_cursor;
    } while (!cursor.empty());
    return items;
}

}  // namespace

TEST_CASE("everything of one order, in the order of the log, and nothing of another; the same on pages of any size") {
    World world;
    world.write();
    auto history = world.history();
    const auto all = all_items(history, 100);
    std::vector<std::string> events;
    for (const auto& item : all) events.push_back(event_of(item));
    CHECK(events == std::vector<std::string>{"order_placed", "payment_started", "answer_recorded", "order_paid", "order_packed", "order_shipped", "orders_found"});
    for (const std::size_t limit : {1U, 2U, 3U, 7U}) CHECK(all_items(history, limit) == all);
    CHECK(history.page({OrderId{{1, 99}}, 10, {}, {}})->items.empty());
    CHECK(history.page({order, 10, "rubbish", {}}).error().code == FaultCode::invalid_argument);
}

TEST_CASE("each event is told as `granary history` tells it, with the state after it") {
    World world;
    world.write();
    auto history = world.history();
    const auto all = all_items(history, 2);
    auto query = parse_aggregate("order", text_of(order));
    query->with_states = true;
    const auto from_log = read_history(world.log, *query);
    REQUIRE(from_log);
    std::size_t found = 0;
    for (const auto& item : all) {
        const auto json = parse_json(item);
        if (json->string_at("aggregate") != "order") continue;
        const auto& expected = from_log->events[found++];
        CHECK(json->string_at("position") == text_of(expected.position));
        CHECK(json->string_at("actor") == "key_clerk");
        CHECK(json->find("state")->json() == expected.state_json);
        CHECK(json->find("fields")->json() == expected.fields_json);
    }
    CHECK(found == from_log->events.size());
}

TEST_CASE("as of a position or a time it is the beginning of what it is now") {
    World world;
    world.write();
    auto history = world.history();
    const auto all = all_items(history, 100);
    for (std::size_t n = 1; n <= all.size(); ++n) {
        const auto json = parse_json(all[n - 1]);
        const auto position = *parse_position(json->string_at("position"));
        // The events of one commit are known together.
        std::vector<std::string> expected;
        for (const auto& item : all) {
            if (*parse_position(parse_json(item)->string_at("position")) <= position) expected.push_back(item);
        }
        CHECK(all_items(history, 2, position) == expected);
        CHECK(all_items(history, 2, *parse_rfc3339(json->string_at("time"))) == expected);
    }
    CHECK(all_items(history, 2, Time{0}).empty());
    const Partition another{(world.orders->partition(order).number + 1) % 4};
    CHECK(history.page({order, 10, {}, Position{another, {5}}}).error().code == FaultCode::invalid_argument);
}

TEST_CASE("changes between two moments are those that `granary history --diff` finds in the log") {
    World world;
    world.write();
    auto history = world.history();
    const auto query = parse_aggregate("order", text_of(order));
    const auto events = read_history(world.log, *query)->events;
    REQUIRE(events.size() == 4);
    for (const auto& from : events) {
        for (const auto& to : events) {
            const auto expected = read_difference(world.log, *query, text_of(from.position), text_of(to.position));
            REQUIRE(expected);
            CHECK(*history.changes(order, from.position, to.position) == json_of(*query, *expected));
        }
    }
    const auto born = parse_json(*history.changes(order, Time{0}, {}));
    CHECK(born->find("before")->json() == "null");
    CHECK(born->find("after")->string_at("event") == "order_shipped");
    CHECK(parse_json(*history.changes(order, {}, {}))->find("changes")->json() == "[]");
}
