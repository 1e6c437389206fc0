// Bad input: each case of the book gets its status, its code, and a pointer to the field at fault.
#include <doctest/doctest.h>

#include "core/limits.hpp"
#include "tests/gateway/routes/shop.hpp"

using namespace granary;
using namespace granary::testing;

namespace {

struct BadCase {
    const char* what;
    std::string body;
    int status;
    const char* code;
    const char* pointers;
};

std::string order_with(const std::string& line, const std::string& rest = {}) { return R"({"lines":[)" + line + R"(],"country":"GB")" + rest + "}"; }

std::vector<BadCase> bad_orders() {
    std::string deep = order_with(R"({"sku":"A","quantity":1})", ",\"note\":" + std::string(40, '[') + std::string(40, ']'));
    std::string many = R"({"sku":"A","quantity":1})";
    for (std::size_t i = 0; i < limits::order_lines_max; ++i) many += R"(,{"sku":"A","quantity":1})";
    return {
        {"empty", "", 415, "unsupported_media_type", ""},
        {"malformed", "{", 400, "malformed_json", ""},
        {"trailing text", order_with(R"({"sku":"A","quantity":1})") + "x", 400, "malformed_json", ""},
        {"too deep", deep, 400, "malformed_json", ""},
        {"not UTF-8", order_with(R"({"sku":"A","quantity":1})", ",\"note\":\"\xff\""), 400, "malformed_json", ""},
        {"NaN", order_with(R"({"sku":"A","quantity":NaN})"), 400, "malformed_json", ""},
        {"duplicate key", order_with(R"({"sku":"A","quantity":1,"quantity":2})"), 400, "duplicate_field", "/lines/0/quantity"},
        {"not an object", "[]", 400, "invalid_body", ""},
        {"unknown field", order_with(R"({"sku":"A","quantity":1})", R"(,"colour":"red")"), 400, "invalid_body", "/colour"},
        {"unknown field in a line", order_with(R"({"sku":"A","quantity":1,"colour":"red"})"), 400, "invalid_body", "/lines/0/colour"},
        {"missing lines", R"({"country":"GB"})", 400, "invalid_body", "/lines"},
        {"lines of the wrong type", R"({"lines":{},"country":"GB"})", 400, "invalid_body", "/lines"},
        {"a line of the wrong type", order_with("1"), 400, "invalid_body", "/lines/0"},
        {"no lines", order_with(""), 422, "invalid", "/lines"},
        {"too many lines", order_with(many), 422, "invalid", "/lines"},
        {"quantity as text", order_with(R"({"sku":"A","quantity":"1"})"), 400, "invalid_body", "/lines/0/quantity"},
        {"quantity as a float", order_with(R"({"sku":"A","quantity":1.0})"), 400, "invalid_body", "/lines/0/quantity"},
        {"negative quantity", order_with(R"({"sku":"A","quantity":-1})"), 422, "invalid", "/lines/0/quantity"},
        {"zero quantity", order_with(R"({"sku":"A","quantity":0})"), 422, "invalid", "/lines/0/quantity"},
        {"large quantity", order_with(R"({"sku":"A","quantity":10000001})"), 422, "invalid", "/lines/0/quantity"},
        {"overflowing quantity", order_with(R"({"sku":"A","quantity":99999999999999999999})"), 400, "invalid_body", "/lines/0/quantity"},
        {"unknown SKU", order_with(R"({"sku":"A","quantity":1},{"sku":"NONE","quantity":1})"), 422, "unknown_product", "/lines/1/sku"},
        {"retired product", order_with(R"({"sku":"RETIRED","quantity":1})"), 422, "product_retired", "/lines/0/sku"},
        {"malformed SKU", order_with(R"({"sku":" A","quantity":1})"), 400, "invalid_body", "/lines/0/sku"},
        {"unknown currency", order_with(R"({"sku":"A","quantity":1,"unit_price":{"amount":"1","currency":"XQQ"}})"), 422, "invalid", "/lines/0/unit_price/currency"},
        {"float for money", order_with(R"({"sku":"A","quantity":1,"unit_price":{"amount":1.5,"currency":"GBP"}})"), 400, "invalid_body", "/lines/0/unit_price/amount"},
        {"negative price", order_with(R"({"sku":"A","quantity":1,"unit_price":{"amount":"-1","currency":"GBP"}})"), 422, "invalid", "/lines/0/unit_price/amount"},
        {"two currencies", order_with(R"({"sku":"A","quantity":1},{"sku":"A","quantity":1,"unit_price":{"amount":"1","currency":"EUR"}})"), 422, "currency_mismatch", "/lines/1/unit_price"},
        {"malformed country", R"({"lines":[{"sku":"A","quantity":1}],"country":"gb"})", 400, "invalid_body", "/country"},
        {"malformed warehouse", order_with(R"({"sku":"A","quantity":1})", R"(,"warehouse":"a/b")"), 400, "invalid_body", "/warehouse"},
        {"unknown payment method", order_with(R"({"sku":"A","quantity":1})", R"(,"payment":{"token":"t","method":"gold"})"), 400, "invalid_body", "/payment/method"},
        {"card number for a token", order_with(R"({"sku":"A","quantity":1})", R"(,"payment":{"token":"4242 4242 4242 4242"})"), 422, "card_number", "/payment/token"},
        {"card number in a note", order_with(R"({"sku":"A","quantity":1})", R"(,"note":"use 4242424242424242")"), 422, "card_number", "/note"},
        {"malformed customer", order_with(R"({"sku":"A","quantity":1})", R"(,"customer":"ord_1")"), 400, "invalid_body", "/customer"},
        {"several errors", R"({"lines":[{"sku":"A","quantity":0}],"country":"gb","x":1})", 400, "invalid_body", "/lines/0/quantity /country /x"},
    };
}

}  // namespace

TEST_CASE("orders that can't be are refused with status, code and pointer, and leave nothing behind") {
    Shop shop;
    shop.create_product("A", "2.55");
    shop.create_product("RETIRED", "1");
    const auto retired = shop.send(http::Method::del, "/v1/products/RETIRED", "admin", {}, {{"if-match", "\"1-0\""}});
    CHECK(retired.status == 204);
    CHECK(shop.get("/v1/products", "admin", {{"granary-min-position", retired.header("granary-position")}}).status == 200);
    const auto commits = shop.bus.commits;
    for (const auto& bad : bad_orders()) {
        CAPTURE(bad.what);
        const auto answer = shop.post("/v1/orders", bad.body);
        CHECK(answer.status == bad.status);
        CHECK(answer.member("code") == bad.code);
        CHECK(answer.pointers() == bad.pointers);
        CHECK(answer.member("instance") == "/v1/orders");
        CHECK(answer.member("trace_id").size() == 32);
        CHECK(answer.header("content-type") == "application/problem+json");
        // Any four digits may stand in a trace id.
        CHECK_FALSE((answer.body.contains("4242 4242") || answer.body.contains("42424242")));
    }
    CHECK(shop.bus.commits == commits);
}

TEST_CASE("an order whose total overflows is refused at the line that makes it too large") {
    Shop shop;
    shop.create_product("A", "2.55");
    const std::string line = R"({"sku":"A","quantity":10000000,"unit_price":{"amount":"99999999","currency":"GBP"}})";
    const auto answer = shop.post("/v1/orders", order_with(line));
    CHECK(answer.status == 422);
    CHECK(answer.member("code") == "limit_exceeded");
    CHECK(answer.pointers() == "/lines/0");
}

TEST_CASE("the edge refuses what is wrong around the body") {
    Shop shop;
    shop.create_product("A", "2.55");
    const std::string good = order_with(R"({"sku":"A","quantity":1})");
    const auto send = [&](Shop::Fields fields) { return shop.send(http::Method::post, "/v1/orders", "customer", good, fields); };
    CHECK(send({}).member("code") == "idempotency_key_required");
    CHECK(send({{"idempotency-key", ""}}).member("code") == "invalid_header");
    CHECK(send({{"idempotency-key", std::string(256, 'k')}}).status == 400);
    CHECK(send({{"idempotency-key", "k1"}, {"content-type", "text/plain"}}).status == 415);
    CHECK(send({{"idempotency-key", "k1"}, {"accept", "text/html"}}).status == 406);
    CHECK(send({{"idempotency-key", "k1"}, {"accept", "text/html, application/json;q=0.5"}}).status == 201);
    CHECK(send({{"idempotency-key", "k1"}, {"granary-min-position", "99:1"}}).member("code") == "invalid_header");
    CHECK(shop.post("/v1/orders?colour=red", good).member("code") == "unknown_parameter");
    CHECK(shop.get("/v1/orders?limit=0").member("code") == "invalid_parameter");
    CHECK(shop.get("/v1/orders?limit=2&limit=3").member("code") == "invalid_parameter");
    CHECK(shop.get("/v1/orders?cursor=made-up").member("code") == "invalid_parameter");
    CHECK(shop.get("/v1/orders?status=GONE").member("code") == "invalid_parameter");
    CHECK(shop.get("/v1/nothing").status == 404);
    const auto wrong = shop.send(http::Method::del, "/v1/orders", "admin");
    CHECK(wrong.status == 405);
    CHECK(wrong.header("allow") == "GET, HEAD, POST, OPTIONS");
    const auto options = shop.send(http::Method::options, "/v1/orders", "");
    CHECK(options.status == 204);
    CHECK(options.header("allow") == "GET, HEAD, POST, OPTIONS");
    CHECK(shop.send(http::Method::head, "/v1/products/A", "admin").status == 200);
}

TEST_CASE("stock, payments and customers refuse bad values by pointer") {
    Shop shop;
    shop.create_product("A", "2.55");
    const BadCase cases[] = {
        {"/v1/stock/receipts", R"({"sku":"A","warehouse":"main","quantity":0})", 422, "invalid", "/quantity"},
        {"/v1/stock/receipts", R"({"sku":"A","quantity":1})", 400, "invalid_body", "/warehouse"},
        {"/v1/stock/adjustments", R"({"sku":"A","warehouse":"main","delta":0,"reason":"x"})", 422, "invalid", "/delta"},
        {"/v1/stock/adjustments", R"({"sku":"A","warehouse":"main","delta":1})", 400, "invalid_body", "/reason"},
        {"/v1/stock/adjustments", R"({"sku":"A","warehouse":"main","delta":1,"reason":"x"})", 404, "not_found", ""},
        {"/v1/reservations", R"({"sku":"A","warehouse":"main","quantity":1})", 409, "out_of_stock", ""},
        {"/v1/reservations", R"({"sku":"A","warehouse":"main","quantity":1,"hold_seconds":901})", 422, "invalid", "/hold_seconds"},
        {"/v1/payment/checkout", R"({"order":"pay_0195500000007000800000000000000b","token":"t"})", 400, "invalid_body", "/order"},
        {"/v1/payment/checkout", R"({"order":"ord_0195500000007000800000000000000b","token":"4242424242424242"})", 422, "card_number", "/token"},
        {"/v1/payment/checkout", R"({"order":"ord_0195500000007000800000000000000b","token":"t"})", 404, "not_found", ""},
        {"/v1/payment/refund", R"({"order":"ord_0195500000007000800000000000000b","amount":{"amount":0,"currency":"GBP"}})", 422, "invalid", "/amount/amount"},
        {"/v1/customers", R"({"country":"GB","profile":{"shoe_size":"9"}})", 400, "invalid_body", "/profile/shoe_size"},
        {"/v1/customers", R"({"country":"GB","address":{"lines":[1]}})", 400, "invalid_body", "/address/lines/0"},
        {"/v1/products", R"({"sku":"A","name":"again","unit_price":{"amount":"1","currency":"GBP"}})", 409, "already_exists", ""},
    };
    for (const auto& bad : cases) {
        CAPTURE(bad.what);
        CAPTURE(bad.body);
        const auto answer = shop.post(bad.what, bad.body);
        CHECK(answer.status == bad.status);
        CHECK(answer.member("code") == bad.code);
        if (*bad.pointers != '\0') CHECK(answer.pointers() == bad.pointers);
    }
}
