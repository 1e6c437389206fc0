// Importing through the whole gateway: many invoices in one request, each once, and reports on them for analysts.
#include <doctest/doctest.h>

#include "tests/gateway/routes/shop.hpp"

using namespace granary;
using namespace granary::testing;

namespace {

std::string invoice(const std::string& number, const std::string& quantity = "6") {
    return R"({"number":")" + number + R"(","customer":"17850","country":"United Kingdom","occurred_at":"2010-12-01T08:26:00Z","lines":[{"stock_code":"85123A","description":"HEART ","quantity":)" + quantity +
           R"(,"unit_price":"2.55"},{"stock_code":"POST","quantity":-1,"unit_price":"-0.125","occurred_at":"2010-12-01T08:27:00Z"}]})";
}
std::string request(const std::string& invoices) { return R"({"source":"online-retail","currency":"GBP","invoices":[)" + invoices + "]}"; }

Answer import(Shop& shop, const std::string& body, const std::string& as = "import") { return shop.send(http::Method::post, "/v1/imports/orders", as, body); }

}  // namespace

TEST_CASE("invoices come in together, each once, and are counted line by line") {
    Shop shop;
    const auto first = import(shop, request(invoice("536365") + "," + invoice("C536379", "-6")));
    REQUIRE(first.status == 200);
    CHECK(first.member("imported") == "2");
    CHECK(first.member("already_there") == "0");
    CHECK(first.member("refused") == "[]");
    CHECK(first.member("lines") == R"({"adjust":0,"cancel":2,"sale":1,"zero":1})");
    CHECK(first.member("position") != "-");
    CHECK(shop.bus.commits == 2);
    CHECK(shop.bus.last->occurred_at == Time{});
    const auto again = import(shop, request(invoice("536365") + "," + invoice("536366")));
    CHECK(again.member("imported") == "1");
    CHECK(again.member("already_there") == "1");
    CHECK(shop.bus.commits == 3);
}

TEST_CASE("an invoice that is there with other contents, or breaks a rule, is refused alone") {
    Shop shop;
    REQUIRE(import(shop, request(invoice("536365"))).status == 200);
    const auto answer = import(shop, request(invoice("536365", "7") + "," + invoice("a b") + "," + invoice("536367")));
    CHECK(answer.status == 200);
    CHECK(answer.member("imported") == "1");
    CHECK(answer.member("refused").contains(R"("code":"already_exists")"));
    CHECK(answer.member("refused").contains(R"("pointer":"/number")"));
    CHECK(answer.member("lines") == R"({"adjust":0,"cancel":0,"sale":1,"zero":1})");
}

TEST_CASE("a malformed request imports nothing, and only importers may") {
    Shop shop;
    CHECK(import(shop, request(invoice("1")), "customer").status == 403);
    CHECK(import(shop, request(invoice("1")), "analyst").status == 403);
    CHECK(import(shop, request("")).pointers() == "/invoices");
    CHECK(import(shop, request(invoice("1") + R"(,{"number":"2","occurred_at":"yesterday","lines":[{"stock_code":"A","quantity":1,"unit_price":2.5}]})")).pointers() ==
          "/invoices/1/occurred_at /invoices/1/lines/0/unit_price");
    CHECK(import(shop, R"({"source":"x","currency":"pounds","invoices":[]})").status >= 400);
    CHECK(shop.bus.commits == 0);
}

TEST_CASE("when one invoice can't be decided the request is to be sent again") {
    Shop shop;
    ports::CommandAnswer busy;
    busy.outcome = ports::CommandOutcome::unavailable;
    busy.fault = {FaultCode::unavailable, "busy"};
    busy.retry_after = seconds(1);
    shop.bus.answer_next(busy);
    const auto answer = import(shop, request(invoice("1") + "," + invoice("2")));
    CHECK(answer.status == 503);
    CHECK_FALSE(answer.header("retry-after").empty());
    const auto again = import(shop, request(invoice("1") + "," + invoice("2")));
    CHECK(again.member("imported") == "1");
    CHECK(again.member("already_there") == "1");
}

TEST_CASE("analysts ask for reports on what was imported") {
    Shop shop;
    const auto imported = import(shop, request(invoice("536365")));
    const Shop::Fields there{{"granary-min-position", imported.member("position")}};
    const auto sales = shop.get("/v1/reports/sales?by=country", "analyst", there);
    REQUIRE(sales.status == 200);
    CHECK(sales.body.contains(R"("rows":[{"country":"United Kingdom","lines":2,"sale_lines":1,"orders":1,"customers":1,"units_sold":6,"gross":"15.300")"));
    CHECK(sales.body.contains(R"("position":")" + imported.member("position") + "\""));
    CHECK(sales.header("granary-position") == imported.member("position"));
    const auto nothing_yet = shop.get("/v1/reports/sales?as_of=2011-01-01", "analyst");
    CHECK(nothing_yet.header("granary-position") == nothing_yet.member("position"));
    CHECK(shop.get("/v1/reports/products?top=1", "analyst").status == 200);
    CHECK(shop.get("/v1/reports/cohorts", "analyst").body.contains(R"({"first_order_month":"2010-12","active_month":"2010-12","customers":1})"));
    CHECK(shop.get("/v1/reports/pairs?top=3&until=2010-12-01", "analyst").body.contains(R"("rows":[])"));
    CHECK(shop.get("/v1/reports/sales?as_of=2011-01-01", "analyst").body.contains(R"("rows":[])"));
    CHECK(shop.get("/v1/reports/cohorts", "customer").status == 403);
    for (const char* wrong : {"sales?by=year", "sales?of=weather", "sales?from=2010-12-01", "sales?of=orders&until=2010-12-01", "products?top=0", "products?top=x", "pairs?by=day", "cohorts?as_of=soon"}) {
        CHECK_MESSAGE(shop.get(std::string("/v1/reports/") + wrong, "analyst").status == 400, wrong);
    }
    CHECK(shop.get("/v1/reports/cohorts?as_of=0:99999", "analyst").member("code") == "pending");
}

TEST_CASE("the report on stock shows every SKU with what it is worth, and one warehouse when it is named") {
    Shop shop;
    shop.create_product("A", "2.55");
    REQUIRE(shop.post("/v1/stock/receipts", R"({"sku":"A","warehouse":"main","quantity":7})").status == 201);
    REQUIRE(shop.post("/v1/stock/receipts", R"({"sku":"B","warehouse":"north","quantity":2})").status == 201);
    const auto last = shop.post("/v1/stock/receipts", R"({"sku":"A","warehouse":"north","quantity":1})");
    REQUIRE(last.status == 201);
    while (!shop.get("/v1/reports/stock", "analyst").member("rows").contains(R"("warehouse":"north")")) {}
    const auto all = shop.get("/v1/reports/stock", "analyst");
    CHECK(all.member("rows").contains(R"({"available":7,"currency":"GBP","list_price":"2.550","on_hand":7,"reserved":0,"sku":"A","sold":0,"value":"17.850","warehouse":"main"})"));
    CHECK(all.member("rows").contains(R"({"available":2,"currency":"","list_price":"","on_hand":2,"reserved":0,"sku":"B","sold":0,"value":"","warehouse":"north"})"));
    CHECK(all.member("position") != "-");
    CHECK_FALSE(shop.get("/v1/reports/stock?warehouse=north", "analyst").member("rows").contains("main"));
    CHECK(shop.get("/v1/reports/stock?as_of=0:1", "analyst").status == 400);
    CHECK(shop.get("/v1/reports/stock", "seller").status == 403);
}

TEST_CASE("the report on sagas is the node's, and says while it is being counted") {
    Shop shop;
    CHECK(shop.get("/v1/reports/sagas", "analyst").member("code") == "pending");
    std::string asked;
    shop.saga_report = [&](std::string_view by) -> Result<queries::Figures> {
        asked = by;
        if (by != "status") return fault(FaultCode::invalid_argument, "by must be status or step");
        return queries::Figures{{{"status", queries::FigureKind::text}, {"sagas", queries::FigureKind::integer}}, {{"open", "3"}}, {{17}}};
    };
    const auto answer = shop.get("/v1/reports/sagas", "analyst");
    CHECK(answer.status == 200);
    CHECK(answer.member("rows") == R"([{"sagas":3,"status":"open"}])");
    CHECK(answer.member("position") == "0:17");
    CHECK(shop.get("/v1/reports/sagas?by=day", "analyst").status == 400);
    CHECK(asked == "day");
    CHECK(shop.get("/v1/reports/sagas", "customer").status == 403);
}
