// Differences of states and trees of causes, over logs in memory.
#include "tools/granary/state_difference.hpp"

#include <doctest/doctest.h>

#include "tests/tools/granary/chain_writer.hpp"
#include "tests/tools/granary/order_events.hpp"
#include "tools/granary/causation_tree.hpp"

using namespace granary;
using namespace granary::cli;
using namespace granary::tests;

namespace {

constexpr std::uint32_t partitions = 8;

struct Shop {
    memory::MemoryLog log{{Uuid{9, 9}, partitions}};
    ChainWriter writer{log};
};

std::string line_of(const std::vector<ChangedField>& changes, std::string_view field) {
    for (const auto& change : changes) {
        if (change.field == field) return change.before + " -> " + change.after;
    }
    return "unchanged";
}

// `order_placed 0, stock_received 1`
std::string shape_of(const CausationTree& tree) {
    std::string text;
    for (const auto& item : tree.events) text += (text.empty() ? "" : ", ") + item.event.name + ' ' + std::to_string(item.depth);
    return text;
}

}  // namespace

TEST_CASE("fields are compared leaf by leaf: changed, new, gone") {
    const auto changes = changed_fields(R"({"a":1,"b":{"c":"x","d":[1,2]},"e":null})", R"({"a":1,"b":{"c":"y","d":[1]},"f":true})");
    REQUIRE(changes);
    REQUIRE(changes->size() == 4);
    CHECK(line_of(*changes, "a") == "unchanged");
    CHECK(line_of(*changes, "b.c") == "\"x\" -> \"y\"");
    CHECK(line_of(*changes, "b.d[0]") == "unchanged");
    CHECK(line_of(*changes, "b.d[1]") == "2 -> ");
    CHECK(line_of(*changes, "e") == "null -> ");
    CHECK(line_of(*changes, "f") == " -> true");
    CHECK(changed_fields("", R"({"a":[],"b":{}})")->size() == 2);
    CHECK(changed_fields("", "")->empty());
    CHECK_FALSE(changed_fields("{", "{}"));
}

TEST_CASE("the difference of an order between two moments, by position or by time") {
    Shop shop;
    const auto first = shop.writer.commit(order_stream(order), {placed()});
    const Time between = shop.writer.time();
    const auto second = shop.writer.commit(order_stream(order), {paid()});
    const auto query = *parse_aggregate("order", text_of(order));
    for (const std::string& from : {text_of(first), rfc3339_of(between)}) {
        const auto difference = read_difference(shop.log, query, from, text_of(second));
        REQUIRE(difference);
        CHECK(line_of(difference->fields, "status") == "\"created\" -> \"paid\"");
        CHECK(line_of(difference->fields, "payment_id").ends_with(text_of(payment) + "\""));
        CHECK(line_of(difference->fields, "total.amount") == "unchanged");
        const auto json = json_of(query, *difference);
        CHECK(json.find("\"before\":{\"position\":\"" + text_of(first) + "\",\"version\":1,") != std::string::npos);
        CHECK(json.find(R"({"field":"status","before":"created","after":"paid"})") != std::string::npos);
    }
    // The other way round what comes is what goes.
    const auto back = read_difference(shop.log, query, text_of(second), text_of(first));
    REQUIRE(back);
    CHECK(line_of(back->fields, "status") == "\"paid\" -> \"created\"");
    // Before it was there, it had no fields.
    const auto begun = read_difference(shop.log, query, rfc3339_of(between - seconds(1)), text_of(first));
    REQUIRE(begun);
    CHECK(begun->before.events.empty());
    CHECK(line_of(begun->fields, "status") == " -> \"created\"");
    CHECK(json_of(query, *begun).find("\"before\":null,\"after\":{") != std::string::npos);
    CHECK(read_difference(shop.log, query, text_of(second), text_of(second))->fields.empty());
    CHECK(read_difference(shop.log, query, "yesterday", text_of(second)).error().code == FaultCode::invalid_argument);
    const Position elsewhere{{(first.partition.number + 1) % partitions}, {0}};
    CHECK(read_difference(shop.log, query, text_of(first), text_of(elsewhere)).error().code == FaultCode::invalid_argument);
}

// The writer gives every commit the same correlation, and the commit before it as its cause.
TEST_CASE("each event stands below its cause, across partitions, with any number of threads") {
    Shop shop;
    shop.writer.commit(order_stream(order), {placed()});
    shop.writer.commit(stock_stream(sku, house), {received(3)});
    shop.writer.commit(payment_stream(payment, order), {payment_started()});
    shop.writer.commit(order_stream(order), {paid()});
    for (const std::size_t threads : {1U, 2U, 20U}) {
        for (const auto& [kind, id] : {std::pair{"order", text_of(order)}, std::pair{"payment", text_of(payment)}, std::pair{"stock", std::string("main/85123A")}}) {
            const auto query = *parse_aggregate(kind, id);
            const auto history = read_history(shop.log, query);
            REQUIRE(history);
            const auto tree = read_causation_tree(shop.log, query, *history, threads);
            REQUIRE(tree);
            CHECK(shape_of(*tree) == "order_placed 0, stock_received 1, payment_started 2, order_paid 3");
            CHECK(tree->left_out == 0);
            const auto table = table_of(*tree);
            REQUIRE(table.rows.size() == 4);
            CHECK(table.rows[2][1] == "    payment_started");
            CHECK(table.rows[2][2] == "payment " + text_of(payment));
        }
    }
}

TEST_CASE("a tree as of a moment ends there, and its roots are what no shown event caused") {
    Shop shop;
    shop.writer.commit(stock_stream(sku, house), {received(3)});
    const auto first = shop.writer.commit(order_stream(order), {placed()});
    const Time between = shop.writer.time();
    shop.writer.commit(stock_stream(sku, house), {received(4)});
    shop.writer.commit(order_stream(order), {paid()});
    for (const std::string& moment : {text_of(first), rfc3339_of(between)}) {
        auto query = *parse_aggregate("order", text_of(order));
        REQUIRE(parse_as_of(moment, query));
        const auto history = read_history(shop.log, query);
        REQUIRE(history);
        const auto tree = read_causation_tree(shop.log, query, *history);
        REQUIRE(tree);
        CHECK(shape_of(*tree) == "stock_received 0, order_placed 1");
        CHECK(json_of(query, *tree).find(R"("depth":1,"kind":"order","key":")" + text_of(order)) != std::string::npos);
    }
}

TEST_CASE("damage anywhere is a fault of the tree") {
    Shop shop;
    const auto position = shop.writer.commit(order_stream(order), {placed()});
    const auto query = *parse_aggregate("order", text_of(order));
    const auto history = read_history(shop.log, query);
    REQUIRE(history);
    shop.log.inject({(position.partition.number + 1) % partitions}, "not a record");
    CHECK(read_causation_tree(shop.log, query, *history).error().code == FaultCode::halted);
}
