// Products, stock and sales as they are asked for.
#include "query-side/queries/catalog.hpp"

#include <doctest/doctest.h>

#include "query-side/queries/customers.hpp"
#include "query-side/queries/inventory.hpp"
#include "query-side/queries/sales.hpp"
#include "tests/query-side/shop.hpp"

namespace granary::testing {
namespace {

bool has(const std::string& json, std::string_view part) { return json.find(part) != std::string::npos; }

constexpr Time day_of(int day) { return {noon.unix_us + hours(24 * day).us}; }

TEST_CASE("prices are answered per SKU, retired products and unknown ones told apart") {
    Shop shop;
    shop.put(product("APPLE", "Apple", 2550));
    shop.put(product("PEAR", "Pear", 990));
    catalog::ProductRetiredT retired;
    retired.sku = sku("PEAR");
    shop.put(retired);
    const queries::ProductQueries products(shop.source());
    const auto prices = products.prices({sku("PEAR"), sku("NONE"), sku("APPLE")});
    REQUIRE(prices);
    REQUIRE(prices->size() == 3);
    CHECK((*prices)[0]->retired);
    CHECK_FALSE((*prices)[1].has_value());
    CHECK((*prices)[2]->unit_price == price(2550));
    CHECK((*prices)[2]->name == "Apple");
    CHECK(has((*products.get(sku("APPLE")))->json, R"("unit_price":{"amount":"0.255","currency":"GBP"})"));
    CHECK(products.list(false, {})->items.size() == 1);
    CHECK(products.list(true, {})->items.size() == 2);
    const auto first = products.list(true, {.limit = 1, .cursor = {}});
    CHECK(has(first->items.at(0), "APPLE"));
    CHECK(has(products.list(true, {.limit = 1, .cursor = first->next_cursor})->items.at(0), "PEAR"));
}

TEST_CASE("stock counts what is on hand, promised and sold, and takes back what is released") {
    Shop shop;
    shop.put(received("APPLE", "LDN", 10));
    shop.put(received("APPLE", "YRK", 4));
    shop.put(received("PEAR", "LDN", 1));
    inventory::StockReservedT reserved;
    reserved.sku = sku("APPLE");
    reserved.warehouse = warehouse("LDN");
    reserved.quantity = 3;
    shop.put(reserved);
    shop.put(reserved);
    inventory::ReservationCommittedT committed;
    committed.sku = sku("APPLE");
    committed.warehouse = warehouse("LDN");
    committed.quantity = 3;
    shop.put(committed);
    const auto level = queries::StockQueries(shop.source()).level(sku("APPLE"), warehouse("LDN"));
    REQUIRE(level->has_value());
    CHECK((*level)->on_hand == 7);
    CHECK((*level)->reserved == 3);
    CHECK((*level)->available == 4);
    CHECK((*level)->sold == 3);

    inventory::ReservationReleasedT released;
    released.sku = sku("APPLE");
    released.warehouse = warehouse("LDN");
    released.quantity = 3;
    shop.put(released);
    released.was_committed = true;
    shop.put(released);
    const queries::StockQueries stock(shop.source());
    CHECK(has((*stock.get(sku("APPLE"), warehouse("LDN")))->json, R"("on_hand":10,"reserved":0,"available":10,"sold":0)"));
    CHECK(stock.of_sku(sku("APPLE"), {})->items.size() == 2);
    CHECK(stock.of_warehouse(warehouse("LDN"), {})->items.size() == 2);
    CHECK_FALSE(stock.get(sku("PEAR"), warehouse("YRK"))->has_value());
}

TEST_CASE("an order counts as sold from PAID until it is cancelled, under the day that it was placed") {
    Shop shop;
    shop.put(product("APPLE", "Apple", 10000));
    for (std::uint64_t n = 0; n < 4; ++n) {
        shop.put(order_id(n), placed(order_id(n), {}, {{"APPLE", 2, 10000}, {"APPLE", 1, 10000}, {"PEAR", 1, 333}}), day_of(n == 3 ? 1 : 0));
    }
    for (std::uint64_t n = 1; n < 4; ++n) shop.put(order_id(n), paid(order_id(n), payment_id(n), pounds(303)));
    shop.put(order_id(2), cancelled(order_id(2), "no"));
    const queries::SalesQueries sales(shop.source());

    const auto days = sales.by_day({});
    REQUIRE(days);
    REQUIRE(days->rows.size() == 2);
    CHECK(days->rows[0].day == "2010-12-01");
    CHECK(days->rows[0].orders == 1);
    CHECK(days->rows[0].units == 4);
    CHECK(days->rows[0].gross == price(30333));
    CHECK(days->rows[1].day == "2010-12-02");
    CHECK(days->view.positions == shop.freshness.positions);
    CHECK(sales.by_day({"2010-12-02", ""})->rows.size() == 1);
    CHECK(sales.by_day({"", "2010-12-01"})->rows.size() == 1);
    CHECK(sales.by_day({"2010-12-03", "2010-12-02"}).error().code == FaultCode::invalid_argument);
    CHECK(sales.by_day({"yesterday", ""}).error().code == FaultCode::invalid_argument);

    const auto products = sales.by_product({});
    REQUIRE(products->rows.size() == 2);
    CHECK(products->rows[0].sku == "APPLE");
    CHECK(products->rows[0].name == "Apple");
    CHECK(products->rows[0].orders == 2);
    CHECK(products->rows[0].units == 6);
    CHECK(products->rows[1].name.empty());
}

TEST_CASE("a sales report holds nothing that is younger than the positions it names") {
    Shop shop;
    const OrderId id = order_id(1);
    shop.put(id, placed(id, {}, {{"APPLE", 3, 10000}}));
    shop.put(payment_id(1), id, payment_started(payment_id(1), id, pounds(300)));
    shop.put(id, paid(id, payment_id(1), pounds(300)));
    const queries::SalesQueries sales(shop.source());
    const auto folded = shop.freshness.positions;
    shop.freshness.positions.assign(folded.size(), Offset{});  // the rows are there, and nobody has been told yet
    CHECK(sales.by_day({}).error().code == FaultCode::unavailable);
    CHECK(sales.by_product({}).error().code == FaultCode::unavailable);
    shop.freshness.positions = folded;
    CHECK(sales.by_day({})->rows.size() == 1);
    CHECK(sales.by_product({})->view.positions == folded);
}

TEST_CASE("a refund in part stands beside the gross, one in full ends the counting") {
    Shop shop;
    const OrderId id = order_id(1);
    shop.put(id, placed(id, {}, {{"APPLE", 3, 10000}}));
    shop.put(payment_id(1), id, payment_started(payment_id(1), id, pounds(300)));
    shop.put(id, paid(id, payment_id(1), pounds(300)));
    shop.put(payment_id(1), id, refunded(payment_id(1), id, refund_id(1), pounds(100)));
    const auto partly = queries::SalesQueries(shop.source()).by_day({});
    REQUIRE(partly->rows.size() == 1);
    CHECK(partly->rows[0].gross == price(30000));
    CHECK(partly->rows[0].refunded == price(10000));
    shop.put(payment_id(1), id, refunded(payment_id(1), id, refund_id(2), pounds(200)));
    const queries::SalesQueries sales(shop.source());
    CHECK(sales.by_day({})->rows.empty());
    CHECK(sales.by_product({})->rows.empty());
}

TEST_CASE("a customer's profile opens its sealed fields") {
    Shop shop;
    customers::CustomerRegisteredT registered;
    registered.customer_id = customer_id(1);
    registered.country = CountryCode::from_stored("GB");
    registered.reference = "17850";
    registered.profile = std::make_unique<wire::SealedT>(*shop.sealer.seal({{5, 5}}, R"({"name":"Ann"})"));
    std::vector<Event> events;
    events.emplace_back(customers::Event(std::move(registered)));
    shop.history.append(customer_stream(customer_id(1)), std::move(events));
    const queries::CustomerQueries customers(shop.source());
    const auto found = customers.get(customer_id(1));
    REQUIRE(found->has_value());
    CHECK((*found)->owner == customer_id(1));
    CHECK(has((*found)->json, R"("reference":"17850")"));
    CHECK(has((*found)->json, R"("profile":{"name":"Ann"}})"));
    CHECK_FALSE(customers.get(customer_id(2))->has_value());
}

}  // namespace
}  // namespace granary::testing
