// Histories of aggregates in a log in memory: what is shown, up to where, and what damage does to it.
#include "tools/granary/aggregate_history.hpp"

#include <doctest/doctest.h>

#include "tests/tools/granary/chain_writer.hpp"
#include "tests/tools/granary/order_events.hpp"

using namespace granary;
using namespace granary::cli;
using namespace granary::tests;

namespace {

constexpr std::uint32_t partitions = 8;

struct Shop {
    memory::MemoryLog log{{Uuid{9, 9}, partitions}};
    ChainWriter writer{log};

    Result<History> history(const char* kind, const std::string& id, bool with_states = false) {
        auto query = parse_aggregate(kind, id);
        REQUIRE(query);
        query->with_states = with_states;
        return read_history(log, *query);
    }
};

std::vector<std::string> names_of(const History& history) {
    std::vector<std::string> names;
    for (const auto& event : history.events) names.push_back(event.name);
    return names;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("an order's history holds its own events only, each with who, when and why") {
    Shop shop;
    const auto first = shop.writer.commit(order_stream(order), {placed()});
    shop.writer.commit(payment_stream(payment, order), {payment_started()});
    shop.writer.void_commit(order_stream(order), {packed()});
    const auto second = shop.writer.commit(order_stream(order), {paid(), packed()});

    const auto history = shop.history("order", text_of(order));
    REQUIRE(history);
    CHECK(names_of(*history) == Names{"order_placed", "order_paid", "order_packed"});
    const auto& [a, b, c] = std::tie(history->events[0], history->events[1], history->events[2]);
    CHECK(a.position == first);
    CHECK(b.position == second);
    CHECK(c.position == second);
    CHECK(std::vector{a.version, b.version, c.version} == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(a.actor == "key_clerk");
    CHECK(a.causation.is_nil());
    CHECK(b.causation == event_id(ChainWriter::command(3), 0));
    CHECK(b.command == ChainWriter::command(4));
    CHECK(b.id == event_id(b.command, 0));
    CHECK(c.id == event_id(b.command, 1));
    CHECK(c.time == shop.writer.time());
    CHECK(b.fields_json.find("\"amount\":1530") != std::string::npos);
    CHECK(a.state_json.empty());
    CHECK(history->read_up_to[first.partition.number] == second.offset);
}

TEST_CASE("the state after each event is the fold up to it") {
    Shop shop;
    shop.writer.commit(order_stream(order), {placed()});
    shop.writer.commit(order_stream(order), {paid(), packed()});
    const auto history = shop.history("order", text_of(order), true);
    REQUIRE(history);
    REQUIRE(history->events.size() == 3);
    CHECK(history->events[0].state_json.find("\"status\":\"created\"") != std::string::npos);
    CHECK(history->events[1].state_json.find("\"status\":\"paid\"") != std::string::npos);
    CHECK(history->events[2].state_json.find("\"status\":\"packed\"") != std::string::npos);
}

TEST_CASE("stock keeps its reservations apart: a release gives back what its own reserve took") {
    Shop shop;
    const auto target = stock_stream(sku, house);
    shop.writer.commit(target, {received(10)});
    shop.writer.commit(target, {reserved(1, 3)});
    shop.writer.commit(target, {reserved(2, 4)});
    shop.writer.commit(target, {released(1, 3)});
    const auto history = shop.history("stock", "main/85123A", true);
    REQUIRE(history);
    REQUIRE(history->events.size() == 4);
    CHECK(history->events[2].state_json.find("\"reserved\":7") != std::string::npos);
    CHECK(history->events[3].state_json.find("\"reserved\":4") != std::string::npos);
    CHECK(history->events[3].state_json.find("\"reservation\":null") != std::string::npos);
}

TEST_CASE("a payment is found without knowing its order, with any number of threads") {
    Shop shop;
    for (std::uint64_t i = 1; i <= 30; ++i) shop.writer.commit(customer_stream({{5, i}}), {customers::Event{customers::CustomerRegisteredT{}}});
    const auto position = shop.writer.commit(payment_stream(payment, order), {payment_started()});
    for (std::size_t threads : {std::size_t{1}, std::size_t{2}, std::size_t{20}}) {
        const auto query = parse_aggregate("payment", text_of(payment));
        REQUIRE(query);
        const auto history = read_history(shop.log, *query, threads);
        REQUIRE(history);
        REQUIRE(history->events.size() == 1);
        CHECK(history->events[0].position == position);
    }
    const auto nobody = shop.history("payment", text_of(PaymentId{{2, 43}}));
    REQUIRE(nobody);
    CHECK(nobody->events.empty());
}

TEST_CASE("as of a position or a time nothing later is shown") {
    Shop shop;
    const auto first = shop.writer.commit(order_stream(order), {placed()});
    const Time between = shop.writer.time();
    const auto second = shop.writer.commit(order_stream(order), {paid()});
    auto query = *parse_aggregate("order", text_of(order));

    REQUIRE(parse_as_of(text_of(first), query));
    auto history = read_history(shop.log, query);
    REQUIRE(history);
    CHECK(names_of(*history) == Names{"order_placed"});
    CHECK(history->read_up_to[first.partition.number] == first.offset);

    REQUIRE(parse_as_of(rfc3339_of(between), query));
    CHECK(names_of(*read_history(shop.log, query)) == Names{"order_placed"});
    REQUIRE(parse_as_of(rfc3339_of(between - seconds(1)), query));
    CHECK(names_of(*read_history(shop.log, query)).empty());
    REQUIRE(parse_as_of(text_of(second), query));
    CHECK(names_of(*read_history(shop.log, query)) == Names{"order_placed", "order_paid"});

    const Partition other{(first.partition.number + 1) % partitions};
    query.as_of = Position{other, {0}};
    CHECK(read_history(shop.log, query).error().code == FaultCode::invalid_argument);
    query.as_of = Position{{partitions}, {0}};
    CHECK(read_history(shop.log, query).error().code == FaultCode::invalid_argument);
    CHECK_FALSE(parse_as_of("yesterday", query));
}

TEST_CASE("only the newest events are kept, and the others are counted") {
    Shop shop;
    const auto target = stock_stream(sku, house);
    for (int i = 0; i < 5; ++i) shop.writer.commit(target, {received(1)});
    auto query = *parse_aggregate("stock", "main/85123A");
    query.last = 2;
    query.with_states = true;
    const auto history = read_history(shop.log, query);
    REQUIRE(history);
    REQUIRE(history->events.size() == 2);
    CHECK(history->left_out == 3);
    CHECK(history->events.back().version == 5);
    CHECK(history->events.back().state_json.find("\"on_hand\":5") != std::string::npos);
}

TEST_CASE("damage is named, not passed over") {
    Shop shop;
    SUBCASE("a version is missing") {
        shop.writer.commit(order_stream(order), {placed()});
        const auto position = shop.writer.commit_at(order_stream(order), 3, {paid()});
        const auto history = shop.history("order", text_of(order));
        REQUIRE_FALSE(history);
        CHECK(history.error().code == FaultCode::corrupt);
        CHECK(history.error().message.find(text_of(position)) != std::string::npos);
    }
    SUBCASE("an event of another context") {
        shop.writer.commit(order_stream(order), {received(1)});
        CHECK(shop.history("order", text_of(order), true).error().code == FaultCode::corrupt);
    }
    SUBCASE("bytes that are no record, in the aggregate's partition") {
        const auto position = shop.writer.commit(order_stream(order), {placed()});
        shop.log.inject(position.partition, "not a record");
        CHECK(shop.history("order", text_of(order)).error().code == FaultCode::halted);
    }
    SUBCASE("a damaged partition where a payment might have been") {
        shop.log.inject({3}, "not a record");
        CHECK(shop.history("payment", text_of(payment)).error().code == FaultCode::halted);
    }
}

TEST_CASE("ids are refused with what is expected") {
    CHECK(parse_aggregate("order", text_of(order)));
    CHECK(parse_aggregate("order_fulfilment", text_of(order))->stream.kind == StreamKind::order_fulfilment);
    CHECK(parse_aggregate("invoice", "online-retail/536365")->stream.kind == StreamKind::invoice);
    CHECK(parse_aggregate("shipment", text_of(ShipmentId{{1, 1}})));
    CHECK(parse_aggregate("customer", text_of(CustomerId{{1, 1}})));
    CHECK(parse_aggregate("product", "a/b c"));
    CHECK(*parse_aggregate("stock", "main/a/b")->routing_key == "a/b");
    CHECK_FALSE(parse_aggregate("order", text_of(payment)));
    CHECK_FALSE(parse_aggregate("payment", text_of(order)));
    CHECK_FALSE(parse_aggregate("stock", "85123A"));
    CHECK_FALSE(parse_aggregate("stock", "ma in/85123A"));
    CHECK_FALSE(parse_aggregate("stock", "main/"));
    CHECK_FALSE(parse_aggregate("product", ""));
    CHECK_FALSE(parse_aggregate("none", text_of(order)));
    CHECK(parse_aggregate("stock", "85123A").error().message.find("WAREHOUSE/SKU") != std::string::npos);
}

TEST_CASE("the JSON form is one object with positions, fields and states") {
    Shop shop;
    const auto position = shop.writer.commit(order_stream(order), {placed()});
    auto query = *parse_aggregate("order", text_of(order));
    query.with_states = true;
    const auto history = *read_history(shop.log, query);
    const std::string json = json_of(query, history);
    CHECK(json.starts_with("{\"kind\":\"order\",\"id\":\"" + text_of(order) + "\",\"position\":\"" + text_of(position) + "\",\"left_out\":0,\"events\":[{\"position\":\""));
    CHECK(json.find("\"causation\":null") != std::string::npos);
    CHECK(json.find("\"state\":{\"order_id\":\"") != std::string::npos);
    const auto table = table_of(history);
    REQUIRE(table.rows.size() == 1);
    CHECK(table.rows[0].size() == table.columns.size());
    CHECK(table.rows[0][0] == text_of(position));
}

TEST_CASE("an event that can't have happened ends the folding with its name, not the program") {
    Shop shop;
    shop.writer.commit(stock_stream(sku, house), {received(5), reserved(1, 6)});
    CHECK(shop.history("stock", "main/85123A"));
    const auto folded = shop.history("stock", "main/85123A", true);
    REQUIRE_FALSE(folded);
    CHECK(folded.error().code == FaultCode::corrupt);
    CHECK(folded.error().message.find("stock_reserved") != std::string::npos);
    shop.writer.commit(payment_stream(payment, order), {payment_started(), [] {
                                                            payments::RefundFailedT event;
                                                            event.payment_id = payment;
                                                            event.order_id = order;
                                                            return Event{payments::Event{event}};
                                                        }()});
    CHECK(shop.history("payment", text_of(payment), true).error().code == FaultCode::corrupt);
}
