// The import against a small API on a real socket, which keeps a book of what it was told.
#include "tools/granary/online_retail/retail_import.hpp"

#include <algorithm>
#include <map>

#include "platform/adapters/http_client/http_client.hpp"
#include "tests/tools/granary/fake_server.hpp"
#include "tests/tools/granary/online_retail/retail_files.hpp"
#include "tools/granary/json_value.hpp"

using namespace granary;
using namespace granary::cli;
using namespace granary::cli::retail;
using granary::tests::Asked;
using granary::tests::FakeServer;
using granary::tests::real_day;
using granary::tests::rows_of;

namespace {

// Accepts everything once, answers a known key as a replay, and refuses what a test says.
class FakeShop {
  public:
    // By path: the status and body to refuse with; nullopt = accept.
    std::function<std::optional<http::Response>(const Asked&)> refuse = [](const Asked&) { return std::nullopt; };

    Result<ImportResult> import(const std::vector<Row>& rows, const std::string& label = "1") {
        const auto client = http_client::make_http_client();
        ImportOptions options{server.url(), "secret", label, "main", 4, {}};
        return run_import(*client, options, make_plan(rows));
    }
    // In the order of keys: several calls are under way at once.
    std::vector<Asked> asked(const std::string& path) const {
        auto all = server.asked();
        std::erase_if(all, [&](const Asked& each) { return each.path != path; });
        std::ranges::sort(all, {}, &Asked::key);
        return all;
    }

  private:
    http::Response answer(const Asked& asked) {
        if (auto refusal = refuse(asked)) return std::move(*refusal);
        const auto [known, fresh] = bodies_.try_emplace(asked.path + " " + asked.key, asked.body, bodies_.size());
        if (known->second.first != asked.body) return FakeServer::reply(422, R"({"code":"key_reused"})");
        std::vector<http::Header> headers{{"location", asked.path + "/made_" + std::to_string(known->second.second)}};
        if (!fresh) headers.push_back({"idempotent-replayed", "true"});
        return FakeServer::reply(201, "{}", headers);
    }

    std::map<std::string, std::pair<std::string, std::size_t>> bodies_;

  public:
    FakeServer server{[this](const Asked& asked) { return answer(asked); }};  // last: it ends first
};

std::vector<Row> small_day() {
    return rows_of({"1,A,HEART,6,2010-12-01,2.55,17850,France", "1,A,HEART,2,2010-12-01,0,17850,France", "2,B,\"CUP \"\"X\"\"\",1,2010-12-01,0.125,,EIRE",
                    "3,B,broken,-1,2010-12-01,0,,EIRE", "C4,A,HEART,-3,2010-12-01,2.55,17850,France"});
}

std::size_t first_of(const std::vector<Asked>& all, const std::string& path) {
    return static_cast<std::size_t>(std::ranges::find(all, path, &Asked::path) - all.begin());
}

}  // namespace

TEST_CASE("every row becomes the right request") {
    FakeShop shop;
    const auto result = shop.import(small_day());
    REQUIRE(result);
    CHECK(result->errors.empty());
    CHECK(shop.asked("/v1/products")[0].body == R"({"sku":"A","name":"HEART","unit_price":{"amount":"2.55","currency":"GBP"}})");
    CHECK(parse_json(shop.asked("/v1/products")[1].body)->string_at("name") == "CUP \"X\"");
    CHECK(shop.asked("/v1/stock/receipts")[0].body == R"({"sku":"A","warehouse":"main","quantity":8,"reference":"opening stock"})");
    const auto customers = shop.asked("/v1/customers");
    REQUIRE(customers.size() == 1);
    CHECK(customers[0].body == R"({"country":"FR","reference":"17850"})");

    const auto orders = shop.asked("/v1/orders");
    REQUIRE(orders.size() == 2);
    CHECK(orders[0].key == "online-retail/1/order/1");
    CHECK(orders[0].authorization == "Bearer secret");
    CHECK(parse_json(orders[0].body)->string_at("customer").starts_with("made_"));
    CHECK(parse_json(orders[0].body)->find("lines")->json() ==
          R"([{"sku":"A","quantity":6,"unit_price":{"amount":"2.55","currency":"GBP"}},{"sku":"A","quantity":2,"unit_price":{"amount":"0","currency":"GBP"}}])");
    CHECK(parse_json(orders[1].body)->find("customer") == nullptr);
}

TEST_CASE("corrections, refunds and returns come behind the orders, and phases in their order") {
    FakeShop shop;
    const auto result = shop.import(small_day());
    REQUIRE(result);
    const auto adjustments = shop.asked("/v1/stock/adjustments");
    REQUIRE(adjustments.size() == 2);
    CHECK(adjustments[0].body == R"({"sku":"B","warehouse":"main","delta":-1,"reason":"broken"})");
    CHECK(adjustments[1].body == R"({"sku":"A","warehouse":"main","delta":3,"reason":"returned, invoice C4"})");
    const auto refunds = shop.asked("/v1/payment/refund");
    REQUIRE(refunds.size() == 1);
    CHECK(parse_json(refunds[0].body)->string_at("order") == result->orders.at("1"));
    CHECK(parse_json(refunds[0].body)->find("amount")->json() == R"({"amount":765,"currency":"GBP"})");

    const auto all = shop.server.asked();
    CHECK(first_of(all, "/v1/products") < first_of(all, "/v1/stock/receipts"));
    CHECK(first_of(all, "/v1/stock/receipts") < first_of(all, "/v1/customers"));
    CHECK(first_of(all, "/v1/customers") < first_of(all, "/v1/orders"));
    CHECK(first_of(all, "/v1/orders") < first_of(all, "/v1/payment/refund"));
}

TEST_CASE("the same again is all replayed; more files bring goods of their own; another label is new") {
    FakeShop shop;
    REQUIRE(shop.import(small_day())->counts.replayed == 0);
    const auto again = shop.import(small_day());
    REQUIRE(again);
    CHECK(again->counts.replayed == again->counts.products + again->counts.receipts + again->counts.customers + again->counts.orders + again->counts.corrections + 2);
    auto more = small_day();
    for (const auto& row : rows_of({"9,A,HEART,5,2010-12-02,2.55,17850,France"})) more.push_back(row);
    const auto longer = shop.import(more);
    REQUIRE(longer);
    CHECK(longer->errors.empty());
    CHECK(longer->orders.at("1") == again->orders.at("1"));
    CHECK(shop.import(small_day(), "2")->counts.replayed == 0);
}

TEST_CASE("a refused order is an error of its rows, and its cancellation has nothing to cancel") {
    FakeShop shop;
    shop.refuse = [](const Asked& asked) -> std::optional<http::Response> {
        if (asked.key == "online-retail/1/order/1") return FakeServer::reply(422, R"({"code":"unknown_product"})");
        return std::nullopt;
    };
    const auto result = shop.import(small_day());
    REQUIRE(result);
    REQUIRE(result->errors.size() == 2);
    CHECK(result->errors[0].code == "refused");
    CHECK(result->errors[0].row.invoice == "1");
    CHECK(result->errors[0].detail.find("unknown_product") != std::string::npos);
    CHECK(result->errors[1].code == "nothing_to_cancel");
    CHECK(shop.asked("/v1/payment/refund").empty());
}

TEST_CASE("orders of a refused customer are not placed for nobody") {
    FakeShop shop;
    shop.refuse = [](const Asked& asked) -> std::optional<http::Response> {
        return asked.path == "/v1/customers" ? std::optional(FakeServer::reply(422, "{}")) : std::nullopt;
    };
    const auto result = shop.import(small_day());
    REQUIRE(result);
    CHECK(result->errors.size() == 3);
    CHECK(result->errors[0].row.line == 2);
    CHECK(shop.asked("/v1/orders").size() == 1);
}

TEST_CASE("when a refund is refused the goods stay where they are") {
    FakeShop shop;
    shop.refuse = [](const Asked& asked) -> std::optional<http::Response> {
        return asked.path == "/v1/payment/refund" ? std::optional(FakeServer::reply(422, "{}")) : std::nullopt;
    };
    const auto result = shop.import(small_day());
    REQUIRE(result);
    REQUIRE(result->errors.size() == 1);
    CHECK(result->errors[0].row.invoice == "C4");
    CHECK(shop.asked("/v1/stock/adjustments").size() == 1);
    CHECK(result->counts.cancellations == 0);
}

TEST_CASE("a product that exists is no error, any other conflict is") {
    FakeShop shop;
    shop.refuse = [](const Asked& asked) -> std::optional<http::Response> {
        if (asked.path != "/v1/products") return std::nullopt;
        return FakeServer::reply(409, asked.key.ends_with("/A") ? R"({"code":"already_exists"})" : R"({"code":"conflict"})");
    };
    const auto result = shop.import(small_day());
    REQUIRE(result);
    REQUIRE(result->errors.size() == 1);
    CHECK(result->errors[0].row.sku == "B");
}

TEST_CASE("a refund waits until its order is paid") {
    FakeShop shop;
    int refunds = 0;
    shop.refuse = [&](const Asked& asked) -> std::optional<http::Response> {
        if (asked.path != "/v1/payment/refund" || ++refunds > 2) return std::nullopt;
        return FakeServer::reply(409, R"({"code":"illegal_transition"})");
    };
    const auto result = shop.import(small_day());
    REQUIRE(result);
    CHECK(result->errors.empty());
    CHECK(result->counts.retries == 2);
    CHECK(result->counts.cancellations == 1);
}

TEST_CASE("refunds wait until it is known whether their order was paid, and are not asked for when it failed") {
    FakeShop shop;
    int looks = 0;
    shop.refuse = [&](const Asked& asked) -> std::optional<http::Response> {
        if (!asked.path.starts_with("/v1/orders/")) return std::nullopt;
        CHECK(shop.asked("/v1/payment/refund").empty());
        return FakeServer::reply(200, ++looks < 3 ? R"({"status":"CREATED"})" : R"({"status":"FAILED"})");
    };
    const auto result = shop.import(small_day());
    REQUIRE(result);
    CHECK(looks == 3);
    CHECK(shop.asked("/v1/payment/refund").empty());
    REQUIRE(result->errors.size() == 1);
    CHECK(result->errors[0].code == "nothing_to_cancel");
    CHECK(result->counts.cancellations == 0);
}

TEST_CASE("a refused key, and no server, are faults") {
    FakeShop shop;
    shop.refuse = [](const Asked&) { return std::optional(FakeServer::reply(401, "{}")); };
    const auto result = shop.import(small_day());
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find("refuses the key") != std::string::npos);
    CHECK(shop.asked("/v1/orders").empty());
}

TEST_CASE("a real day is imported whole") {
    FakeShop shop;
    const auto rows = real_day("2011-02-06");
    const auto plan = make_plan(rows);
    const auto result = shop.import(rows);
    REQUIRE(result);
    CHECK(result->counts.products == plan.products.size());
    CHECK(result->counts.orders == plan.invoices.size());
    CHECK(result->counts.cancellations == plan.cancellations.size());
    CHECK(result->errors.size() == plan.errors.size());
}
