// Orders: the page, personal fields, lists that move, pages of lists, the timeline.
#include "query-side/queries/orders.hpp"

#include <doctest/doctest.h>

#include "query-side/queries/payments.hpp"
#include "tests/query-side/shop.hpp"

namespace granary::testing {
namespace {

using queries::OrderQueries;
using queries::PageRequest;
using read_models::OrderStatus;

bool has(const std::string& json, std::string_view part) { return json.find(part) != std::string::npos; }

TEST_CASE("an order's page says whose it is, its version, the last event and how fresh it is") {
    Shop shop;
    shop.put(order_id(1), placed(order_id(1), customer_id(1), {{"APPLE", 1, 100}}));
    shop.put(order_id(1), cancelled(order_id(1), "too late"));
    const OrderQueries orders(shop.source());
    const auto found = orders.get(order_id(1));
    REQUIRE(found);
    REQUIRE(found->has_value());
    CHECK((*found)->owner == customer_id(1));
    CHECK((*found)->version == 2);
    CHECK((*found)->changed_at == Position{orders.partition(order_id(1)), {1}});
    CHECK((*found)->freshness.folded == Position{orders.partition(order_id(1)), {1}});
    CHECK((*found)->freshness.age == seconds(2));
    CHECK(has((*found)->json, R"("status":"CANCELLED")"));
    CHECK(has((*found)->json, R"("reason":"too late")"));
    CHECK_FALSE(orders.get(order_id(2))->has_value());
}

TEST_CASE("personal fields are opened when served, and null once their key is gone") {
    Shop shop;
    const PersonId person{{1, 2}};
    auto order = placed(order_id(1), customer_id(1), {{"APPLE", 1, 100}});
    order.ship_to = std::make_unique<wire::SealedT>(*shop.sealer.seal(person, R"({"city":"London"})"));
    order.note = std::make_unique<wire::SealedT>(*shop.sealer.seal(person, R"(ring "twice", {please})"));
    shop.put(order_id(1), std::move(order));
    const OrderQueries orders(shop.source());
    CHECK(has((*orders.get(order_id(1)))->json, R"("ship_to":{"city":"London"},"note":"ring \"twice\", {please}"})"));
    shop.sealer.forgotten = person;
    CHECK(has((*orders.get(order_id(1)))->json, R"("ship_to":null,"note":null})"));
}

TEST_CASE("a customer's orders come newest first, page by page, each once") {
    Shop shop;
    for (std::uint64_t n = 0; n < 7; ++n) shop.put(order_id(n), placed(order_id(n), customer_id(n % 2), {{"APPLE", 1, 100}}));
    const OrderQueries orders(shop.source());
    std::vector<std::string> seen;
    PageRequest request{.limit = 3, .cursor = {}};
    auto page = orders.of_customer(customer_id(0), request);
    REQUIRE(page);
    CHECK(page->items.size() == 3);
    CHECK(page->has_more);
    CHECK(has(page->items[0], text_of(order_id(6))));
    CHECK(has(page->items[2], text_of(order_id(2))));
    request.cursor = page->next_cursor;
    page = orders.of_customer(customer_id(0), request);
    REQUIRE(page);
    REQUIRE(page->items.size() == 1);
    CHECK(has(page->items[0], text_of(order_id(0))));
    CHECK_FALSE(page->has_more);
    CHECK(page->next_cursor.empty());
    CHECK(page->view.positions == shop.freshness.positions);
    CHECK(orders.of_customer(customer_id(9), {})->items.empty());
}

TEST_CASE("limits and cursors out of range are refused") {
    Shop shop;
    const OrderQueries orders(shop.source());
    CHECK(orders.of_customer(customer_id(0), {.limit = 0, .cursor = {}}).error().code == FaultCode::invalid_argument);
    CHECK(orders.of_customer(customer_id(0), {.limit = 101, .cursor = {}}).error().code == FaultCode::invalid_argument);
    CHECK(orders.of_customer(customer_id(0), {.limit = 1, .cursor = std::string(200, 'x')}).error().code == FaultCode::invalid_argument);
}

TEST_CASE("an order moves between the lists by status") {
    Shop shop;
    shop.put(order_id(1), placed(order_id(1), customer_id(1), {{"APPLE", 1, 100}}));
    shop.put(order_id(2), placed(order_id(2), {}, {{"APPLE", 1, 100}}));
    shop.put(order_id(1), paid(order_id(1), payment_id(1), pounds(1)));
    const OrderQueries orders(shop.source());
    const auto created = orders.by_status(OrderStatus::created, {});
    REQUIRE(created->items.size() == 1);
    CHECK(has(created->items[0], text_of(order_id(2))));
    const auto paid_ones = orders.by_status(OrderStatus::paid, {});
    REQUIRE(paid_ones->items.size() == 1);
    CHECK(has(paid_ones->items[0], R"("status":"PAID")"));
    CHECK(orders.by_status(OrderStatus::packed, {})->items.empty());
}

TEST_CASE("the timeline tells customers what happened, and staff also what the saga did; tokens it tells nobody") {
    Shop shop;
    const OrderId id = order_id(1);
    shop.put(id, placed(id, customer_id(1), {{"APPLE", 1, 100}}));
    shop.put(payment_id(1), id, payment_started(payment_id(1), id, pounds(1)));
    order_fulfilment::InstanceParkedT parked;
    parked.order_id = id;
    parked.reason = "no answer";
    order_fulfilment::AnswerRecordedT accepted;
    accepted.order_id = id;
    accepted.accepted = true;
    std::vector<Event> events;
    events.emplace_back(order_fulfilment::Event(accepted));
    events.emplace_back(order_fulfilment::Event(parked));
    shop.history.append(order_fulfilment_stream(id), std::move(events));
    shop.put(id, paid(id, payment_id(1), pounds(1)));
    const OrderQueries orders(shop.source());

    const auto open = orders.timeline(id, false, {});
    REQUIRE(open->items.size() == 3);
    CHECK(has(open->items[0], R"("type":"order_placed")"));
    CHECK(has(open->items[1], R"("type":"payment_started")"));
    CHECK(has(open->items[2], R"("type":"order_paid")"));
    const auto staff = orders.timeline(id, true, {});
    REQUIRE(staff->items.size() == 4);
    CHECK(has(staff->items[2], R"("reason":"no answer")"));
    for (const auto& item : staff->items) CHECK_FALSE(has(item, "tok_"));
    CHECK(orders.timeline(order_id(2), true, {})->items.empty());
}

TEST_CASE("payments are found by id and by order, and the order's page shows the newest") {
    Shop shop;
    const OrderId id = order_id(1);
    shop.put(id, placed(id, customer_id(1), {{"APPLE", 1, 100}}));
    shop.put(payment_id(1), id, payment_started(payment_id(1), id, pounds(500)));
    payments::PaymentDeclinedT declined;
    declined.payment_id = payment_id(1);
    declined.order_id = id;
    declined.reason = "card_declined";
    shop.put(payment_id(1), id, declined);
    shop.put(payment_id(2), id, payment_started(payment_id(2), id, pounds(500)));
    shop.put(payment_id(2), id, captured(payment_id(2), id, pounds(500)));
    payments::RefundRequestedT asked;
    asked.payment_id = payment_id(2);
    asked.order_id = id;
    asked.refund_id = refund_id(1);
    asked.amount = pounds(200);
    shop.put(payment_id(2), id, asked);
    const queries::Source source = shop.source();
    const queries::PaymentQueries payments(source);
    CHECK(has((*payments.get(payment_id(2)))->json, R"("status":"refunding")"));
    shop.put(payment_id(2), id, refunded(payment_id(2), id, refund_id(1), pounds(200)));

    const queries::Source later = shop.source();
    const auto second = queries::PaymentQueries(later).get(payment_id(2));
    REQUIRE(second->has_value());
    CHECK(has((*second)->json, R"("status":"partially_refunded")"));
    CHECK(has((*second)->json, R"("refunded":{"amount":200,"currency":"GBP"},"refunds":[{"id":"ref_)"));
    CHECK(has((*second)->json, R"("status":"refunded","amount":{"amount":200)"));
    const auto all = queries::PaymentQueries(later).of_order(id, {});
    REQUIRE(all->items.size() == 2);
    CHECK(has(all->items[0], R"("status":"declined")"));
    CHECK(has((*OrderQueries(later).get(id))->json, text_of(payment_id(2))));
    CHECK_FALSE(queries::PaymentQueries(later).get(payment_id(3))->has_value());
}

TEST_CASE("a look-up that found nothing waits for what was known, and for nothing else") {
    Shop shop;
    shop.put(order_id(1), placed(order_id(1), {}, {{"APPLE", 1, 100}}));
    const queries::Source source = shop.source();
    bool answer = false;
    const auto note = [&](bool ready) { answer = ready; };
    queries::fold_to_known_end(shop.freshness, queries::all_partitions(source.partitions), seconds(1), note);
    CHECK(answer);
    CHECK(shop.freshness.waited_for.empty());
    shop.freshness.ends[2] = {40};
    queries::fold_to_known_end(shop.freshness, queries::all_partitions(source.partitions), seconds(1), note);
    CHECK_FALSE(answer);
    CHECK(shop.freshness.waited_for == std::vector<Position>{{{2}, {40}}});
}

TEST_CASE("nothing is called missing while the log does not say where it ends") {
    Shop shop;
    const queries::Source source = shop.source();
    shop.freshness.silent = true;
    bool answer = true;
    queries::fold_to_known_end(shop.freshness, queries::all_partitions(source.partitions), seconds(1), [&](bool ready) { answer = ready; });
    CHECK_FALSE(answer);
}

}  // namespace
}  // namespace granary::testing
