// Catalog, stock, customers, payments, shipping and callbacks over the whole gateway.
#include <doctest/doctest.h>

#include "tests/gateway/routes/shop.hpp"

using namespace granary;
using namespace granary::testing;

TEST_CASE("the same key about another product makes another command") {
    Shop shop;
    // Only the partition of a product's stock remembers keys: two products' stock may lie apart, and ids of events must not meet.
    const auto receive = [&](const std::string& sku) {
        CHECK(shop.post("/v1/stock/receipts", R"({"sku":")" + sku + R"(","warehouse":"main","quantity":4})", "seller", {{"idempotency-key", "same"}}).status == 201);
        return shop.bus.last->id;
    };
    const auto first = receive("A");
    CHECK(receive("B") != first);
    CHECK(receive("A") == first);
}

TEST_CASE("a product is created, read, replaced, patched and retired under its version") {
    Shop shop;
    const auto created = shop.post("/v1/products", R"({"sku":"A/1 b","name":"Box","unit_price":{"amount":"2.5500","currency":"GBP"}})", "seller");
    REQUIRE(created.status == 201);
    CHECK(created.header("location") == "/v1/products/A%2F1%20b");
    const auto path = created.header("location");
    const auto read = shop.get(path, "guest", {{"granary-min-position", created.header("granary-position")}});
    CHECK(read.body == created.body);
    CHECK(read.header("etag") == created.header("etag"));
    const auto put = [&](http::Method method, const std::string& body, Shop::Fields fields) { return shop.send(method, path, "seller", body, fields); };
    CHECK(put(http::Method::put, R"({"name":"Crate","unit_price":{"amount":"3","currency":"GBP"}})", {}).status == 428);
    CHECK(put(http::Method::put, R"({"name":"Crate","unit_price":{"amount":"3","currency":"GBP"}})", {{"if-none-match", "*"}}).status == 412);
    CHECK(put(http::Method::put, R"({"sku":"B","name":"Crate","unit_price":{"amount":"3","currency":"GBP"}})", {{"if-match", "*"}}).pointers() == "/sku");
    const auto replaced = put(http::Method::put, R"({"name":"Crate","description":"wood","unit_price":{"amount":"3","currency":"GBP"}})", {{"if-match", read.header("etag")}});
    CHECK(replaced.status == 200);
    CHECK(replaced.member("name") == "Crate");
    const Shop::Fields patch = {{"if-match", replaced.header("etag")}, {"content-type", "application/merge-patch+json"}};
    CHECK(put(http::Method::patch, R"({"name":null})", patch).pointers() == "/name");
    CHECK(put(http::Method::patch, R"({"name":"x"})", {{"if-match", replaced.header("etag")}}).status == 415);
    const auto patched = put(http::Method::patch, R"({"description":null})", patch);
    CHECK(patched.status == 200);
    CHECK(patched.member("name") == "Crate");
    CHECK(patched.member("description").empty());
    CHECK(put(http::Method::patch, R"({"name":"late"})", patch).status == 412);
    CHECK(put(http::Method::del, {}, {{"if-match", patched.header("etag")}}).status == 204);
    CHECK(shop.send(http::Method::put, "/v1/products/NEW", "seller", R"({"name":"New","unit_price":{"amount":"1","currency":"GBP"}})", {{"if-none-match", "*"}}).status == 201);
    CHECK(shop.get("/v1/products/NONE").status == 404);
}

TEST_CASE("stock comes in, is held, taken and given back") {
    Shop shop;
    shop.create_product("A", "1");
    const auto receipt = shop.post("/v1/stock/receipts", R"({"sku":"A","warehouse":"main","quantity":10})");
    CHECK(receipt.status == 201);
    CHECK(receipt.header("location") == "/v1/stock/A?warehouse=main");
    const auto held = shop.post("/v1/reservations", R"({"sku":"A","warehouse":"main","quantity":4})", "seller", {{"idempotency-key", "h"}});
    CHECK(held.status == 201);
    CHECK(shop.post("/v1/reservations", R"({"sku":"A","warehouse":"main","quantity":4})", "seller", {{"idempotency-key", "h"}}).body == held.body);
    const auto level = shop.get("/v1/stock/A?warehouse=main", "seller", {{"granary-min-position", held.header("granary-position")}});
    CHECK(level.member("available") == "6");
    CHECK(shop.get("/v1/stock/A", "seller").status == 200);
    const auto path = "/v1/reservations/" + held.member("id");
    CHECK(shop.post(path + "/commit", R"({"sku":"A","warehouse":"main"})", "seller").member("status") == "committed");
    CHECK(shop.post(path + "/release", R"({"sku":"A","warehouse":"main","reason":"returned"})", "seller").member("status") == "released");
    CHECK(shop.post("/v1/stock/adjustments", R"({"sku":"A","warehouse":"main","delta":-3,"reason":"count"})", "seller").status == 201);
    const auto adjusted = shop.post("/v1/stock/adjustments", R"({"sku":"A","warehouse":"main","delta":-30,"reason":"count"})", "seller");
    CHECK(adjusted.member("code") == "out_of_stock");
    CHECK(shop.get("/v1/stock?warehouse=main", "seller").status == 200);
}

TEST_CASE("a customer sees and changes only its own profile") {
    Shop shop;
    const auto registered = shop.post("/v1/customers", R"({"country":"GB","profile":{"name":"Ada"},"address":{"city":"London"}})", "customer");
    REQUIRE(registered.status == 201);
    const auto id = registered.member("id");
    CHECK(id == text_of(shop.keys.customer_of("customer")));
    const auto me = shop.get("/v1/customers/me", "customer", {{"granary-min-position", registered.header("granary-position")}});
    CHECK(me.member("profile") == R"({"name":"Ada"})");
    CHECK(shop.get("/v1/customers/" + id, "other").status == 404);
    CHECK(shop.get("/v1/customers/" + id, "admin").body == me.body);
    CHECK(shop.get("/v1/customers/me", "admin").status == 404);
    const auto moved = shop.send(http::Method::put, "/v1/customers/me/address", "customer", R"({"country":"IE","address":{"city":"Dublin"}})", {{"if-match", me.header("etag")}});
    CHECK(moved.status == 200);
    CHECK(shop.get("/v1/customers/me", "customer", {{"granary-min-position", moved.header("granary-position")}}).member("address") == R"({"city":"Dublin"})");
    const auto imported = shop.post("/v1/customers", R"({"country":"FR","reference":"12583"})", "import");
    CHECK(imported.status == 201);
    CHECK(imported.member("id") != id);
}

namespace {

struct PaidOrder {
    std::string order;
    std::string payment = "pay_0195500000007000800000000000000a";
};

PaidOrder start_payment(Shop& shop) {
    PaidOrder paid{shop.place_order("A", "customer")};
    payments::StartPaymentT start;
    start.payment_id = *parse_id<PaymentKind>(paid.payment);
    start.order_id = *parse_id<OrderKind>(paid.order);
    start.customer = shop.keys.customer_of("customer");
    start.amount = {255, currency("GBP")};
    start.token = "tok_accept";
    CHECK(shop.run(payments::Command(std::move(start))).outcome == ports::CommandOutcome::accepted);
    return paid;
}

std::string notice(const PaidOrder& paid, const std::string& event, const std::string& type, const std::string& rest = {}) {
    return R"({"event_id":")" + event + R"(","type":")" + type + R"(","occurred_at":"2026-03-01T09:30:00Z","payment_id":")" + paid.payment + R"(","order_id":")" + paid.order + "\"" + rest + "}";
}

Answer call_back(Shop& shop, const std::string& body, std::string signature = {}) {
    if (signature.empty()) signature = shop.callback_signature(body);
    return shop.send(http::Method::post, "/v1/callbacks/payments", "", body, {{"granary-signature", signature}});
}

const std::string amount = R"(,"amount":{"amount":255,"currency":"GBP"})";

}  // namespace

TEST_CASE("callbacks are applied once, only with a good signature") {
    Shop shop;
    shop.create_product("A", "2.55");
    const auto paid = start_payment(shop);
    const auto body = notice(paid, "e1", "payment.authorized", amount);
    CHECK(call_back(shop, body, "t=1,v1=00").member("code") == "bad_signature");
    CHECK(shop.send(http::Method::post, "/v1/callbacks/payments", "admin", body).status == 401);
    const auto commits = shop.bus.commits;
    CHECK(call_back(shop, body).status == 204);
    CHECK(call_back(shop, body).status == 204);
    CHECK(shop.bus.commits == commits + 1);
    CHECK(call_back(shop, notice(paid, "e1", "payment.declined", R"(,"reason":"x")")).member("code") == "key_reused");
    CHECK(call_back(shop, notice(paid, "e2", "payment.captured")).pointers() == "/amount");
    CHECK(call_back(shop, notice(paid, "e2", "payment.captured", amount + R"(,"extra":1)")).pointers() == "/extra");
    CHECK(call_back(shop, notice({paid.order, "pay_0195500000007000800000000000000f"}, "e3", "payment.captured", amount)).status == 404);
    // A decline that comes too late changes nothing and need not come again.
    CHECK(call_back(shop, notice(paid, "e4", "payment.declined", R"(,"reason":"late")")).status == 204);
    CHECK(shop.bus.last->actor == "paymentCallback");
}

TEST_CASE("of a provider's reason only a code is kept, for free text may hold what must not be kept") {
    Shop shop;
    shop.create_product("A", "2.55");
    const auto paid = start_payment(shop);
    const auto recorded = [&](const std::string& event, const std::string& reason) {
        (void)call_back(shop, notice(paid, event, "payment.declined", R"(,"reason":")" + reason + "\""));
        return std::get<payments::RecordDeclinedT>(std::get<payments::Command>(shop.bus.last->command)).reason;
    };
    CHECK(recorded("e1", "card_declined") == "card_declined");
    CHECK(recorded("e2", "tok_accept of Ada Byron was refused") == "declined");
}

TEST_CASE("carriers' callbacks reach the shipment, unknown ones are not found") {
    Shop shop;
    const auto send = [&](const std::string& body) { return shop.send(http::Method::post, "/v1/callbacks/carrier", "", body, {{"granary-signature", shop.callback_signature(body)}}); };
    const std::string about = R"("occurred_at":"2026-03-01T09:30:00Z","shipment_id":"shp_0195500000007000800000000000000c","order_id":"ord_0195500000007000800000000000000b")";
    CHECK(send(R"({"event_id":"c1","type":"shipment.delivered",)" + about + "}").status == 404);
    delivery::CreateShipmentT create;
    create.shipment_id = *parse_id<ShipmentKind>("shp_0195500000007000800000000000000c");
    create.order_id = *parse_id<OrderKind>("ord_0195500000007000800000000000000b");
    create.warehouse = *WarehouseCode::parse("main");
    create.country = *CountryCode::parse("GB");
    create.pieces = 1;
    CHECK(shop.run(delivery::Command(std::move(create))).outcome == ports::CommandOutcome::accepted);
    CHECK(send(R"({"event_id":"c2","type":"shipment.booked",)" + about + "}").pointers() == "/tracking_number");
    CHECK(send(R"({"event_id":"c2","type":"shipment.booked","tracking_number":"T1",)" + about + "}").status == 204);
    CHECK(send(R"({"event_id":"c1","type":"shipment.delivered",)" + about + "}").status == 204);
    CHECK(shop.bus.last->occurred_at == *parse_rfc3339("2026-03-01T09:30:00Z"));
}

TEST_CASE("money goes back by order or by payment, in part or all that is left") {
    Shop shop;
    shop.create_product("A", "2.55");
    const auto unpaid = shop.place_order("A", "customer");
    CHECK(shop.post("/v1/payment/refund", R"({"order":")" + unpaid + "\"}").status == 409);
    const auto paid = start_payment(shop);
    CHECK(call_back(shop, notice(paid, "e1", "payment.authorized", amount)).status == 204);
    CHECK(shop.post("/v1/payments/" + paid.payment + "/refunds", "{}").status == 409);
    payments::RequestCaptureT capture;
    capture.payment_id = *parse_id<PaymentKind>(paid.payment);
    capture.order_id = *parse_id<OrderKind>(paid.order);
    CHECK(shop.run(payments::Command(std::move(capture))).outcome == ports::CommandOutcome::accepted);
    const auto captured = call_back(shop, notice(paid, "e2", "payment.captured", amount));
    REQUIRE(captured.status == 204);
    const Shop::Fields fresh = {{"granary-min-position", captured.header("granary-position")}};
    CHECK(shop.get("/v1/payment/status?order=" + paid.order, "customer", fresh).member("order") == paid.order);
    CHECK(shop.get("/v1/payments/" + paid.payment, "customer", fresh).member("status") == "captured");
    CHECK(shop.get("/v1/payments/" + paid.payment, "other").status == 404);
    const auto too_much = shop.post("/v1/payment/refund", R"({"order":")" + paid.order + R"(","amount":{"amount":256,"currency":"GBP"}})");
    CHECK(too_much.member("code") == "amount_exceeded");
    const std::string part = R"({"order":")" + paid.order + R"(","amount":{"amount":55,"currency":"GBP"},"reason":"broken"})";
    const auto first = shop.post("/v1/payment/refund", part, "admin", {{"idempotency-key", "r"}});
    CHECK(first.status == 202);
    CHECK(first.header("location") == "/v1/payments/" + paid.payment);
    CHECK(shop.post("/v1/payment/refund", part, "admin", {{"idempotency-key", "r"}}).body == first.body);
    CHECK(shop.post("/v1/payment/refund", part, "customer").status == 403);
}

TEST_CASE("paying is asked for and answered 202 with where it shows") {
    Shop shop;
    shop.create_product("A", "2.55");
    const auto placed = shop.post("/v1/orders", R"({"lines":[{"sku":"A","quantity":1}],"country":"GB"})", "customer");
    const auto id = placed.member("id");
    const auto paid = shop.post("/v1/payment/checkout", R"({"order":")" + id + R"(","token":"tok_accept"})", "customer");
    CHECK(paid.status == 202);
    CHECK(paid.header("location") == "/v1/orders/" + id + "/payments");
    CHECK(shop.post("/v1/orders/" + id + "/payments", R"({"token":"tok_accept","method":"upi"})", "customer").status == 202);
    CHECK(shop.get(paid.header("location"), "customer").status == 200);
}

TEST_CASE("shipping has a tariff by zone and started ten pieces") {
    Shop shop;
    const auto price = [&](const std::string& country, int pieces) {
        const auto answer = shop.send(http::Method::post, "/v1/shipping/calculate", "guest", R"({"country":")" + country + R"(","pieces":)" + std::to_string(pieces) + "}");
        return answer.member("price");
    };
    CHECK(price("GB", 1) == R"({"amount":495,"currency":"GBP"})");
    CHECK(price("GB", 10) == R"({"amount":495,"currency":"GBP"})");
    CHECK(price("FR", 11) == R"({"amount":1495,"currency":"GBP"})");
    CHECK(price("AU", 1) == R"({"amount":2495,"currency":"GBP"})");
    shop.create_product("A", "1");
    const auto id = shop.place_order("A", "customer");
    CHECK(shop.send(http::Method::post, "/v1/shipping/track", "customer", R"({"order":")" + id + "\"}").member("shipment") == "null");
    CHECK(shop.send(http::Method::post, "/v1/shipping/track", "other", R"({"order":")" + id + "\"}").status == 404);
    CHECK(shop.get("/v1/reports/sales?of=orders&by=day", "analyst").status == 200);
    CHECK(shop.get("/v1/reports/sales?of=orders&by=week", "analyst").status == 400);
}
