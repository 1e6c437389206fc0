// Orders over the whole gateway: placing, replaying, reading, waiting, owning, cancelling.
#include <doctest/doctest.h>

#include <chrono>
#include <set>

#include "tests/gateway/routes/shop.hpp"

using namespace granary;
using namespace granary::testing;

namespace {

const std::string simple_order = R"({"lines":[{"sku":"A","quantity":2}],"country":"GB","payment":{"token":"tok_accept"}})";

orders::MarkPaidT mark_paid(OrderId order) {
    orders::MarkPaidT command;
    command.order_id = order;
    command.payment_id = {{0x0192'0000'0000'7002ULL, 1}};
    command.amount = {510, currency("GBP")};
    return command;
}

}  // namespace

TEST_CASE("a placed order can be read at once, as it was answered") {
    Shop shop;
    shop.create_product("A", "2.55");
    const auto placed = shop.post("/v1/orders", R"({"lines":[{"sku":"A","quantity":2}],"country":"GB","ship_to":{"name":"Ada","city":"London"},"note":"ring twice","reference":"R1"})", "customer");
    REQUIRE(placed.status == 201);
    CHECK(placed.member("status") == "CREATED");
    CHECK(placed.member("total") == R"({"amount":510,"currency":"GBP"})");
    CHECK(placed.member("customer") == text_of(shop.keys.customer_of("customer")));
    CHECK(placed.member("note") == "ring twice");
    CHECK(parse_position(placed.header("granary-position")));
    const auto read = shop.get(placed.header("location"), "customer", {{"granary-min-position", placed.header("granary-position")}});
    CHECK(read.status == 200);
    CHECK(read.body == placed.body);
    // Each of several lines counts.
    CHECK(shop.get(placed.header("location"), "customer", {{"granary-min-position", placed.header("granary-position")}, {"granary-min-position", "99:1"}}).status == 400);
    CHECK(read.header("etag") == placed.header("etag"));
    CHECK_FALSE(read.header("granary-view-age").empty());
    const auto again = shop.get(placed.header("location"), "customer", {{"if-none-match", read.header("etag")}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    // The log holds no clear personal data.
    REQUIRE(shop.bus.last);
    const auto& command = std::get<orders::PlaceOrderT>(std::get<orders::Command>(shop.bus.last->command));
    CHECK_FALSE(command.ship_to->box.empty());
    CHECK(std::string(command.ship_to->box.begin(), command.ship_to->box.end()).find("Ada") == std::string::npos);
}

TEST_CASE("a retry gets the first answer, byte for byte, whatever has happened since") {
    Shop shop;
    shop.create_product("A", "2.55");
    const Shop::Fields key = {{"idempotency-key", "one"}};
    const auto first = shop.post("/v1/orders", simple_order, "customer", key);
    REQUIRE(first.status == 201);
    CHECK(first.header("idempotent-replayed").empty());
    const auto order = *parse_id<OrderKind>(first.member("id"));
    CHECK(shop.run(orders::Command(mark_paid(order))).outcome == ports::CommandOutcome::accepted);
    std::string seen = first.header("granary-position");
    const auto check_replay = [&](const std::string& body, const std::string& spelled_key) {
        const auto retry = shop.post("/v1/orders", body, "customer", {{"idempotency-key", spelled_key}, {"granary-min-position", seen}});
        CHECK(retry.status == 201);
        CHECK(retry.body == first.body);
        CHECK(retry.header("etag") == first.header("etag"));
        CHECK(retry.header("location") == first.header("location"));
        CHECK(retry.header("idempotent-replayed") == "true");
    };
    check_replay(simple_order, "one");
    check_replay(R"({ "payment": {"token":"tok_accept"}, "country":"GB", "lines":[{"quantity":2,"sku":"A"}] })", "\"one\"");
    const auto retired = shop.send(http::Method::del, "/v1/products/A", "admin", {}, {{"if-match", "*"}});
    CHECK(retired.status == 204);
    seen = retired.header("granary-position");
    check_replay(simple_order, "one");
    const auto other = shop.post("/v1/orders", R"({"lines":[{"sku":"A","quantity":3}],"country":"GB"})", "customer", key);
    CHECK(other.status == 422);
    CHECK(other.member("code") == "key_reused");
    // The same key of somebody else is another key.
    CHECK(shop.post("/v1/orders", simple_order, "other", key).member("code") == "product_retired");
}

TEST_CASE("a refused order leaves its key free") {
    Shop shop;
    const Shop::Fields key = {{"idempotency-key", "one"}};
    CHECK(shop.post("/v1/orders", simple_order, "customer", key).member("code") == "unknown_product");
    shop.create_product("A", "2.55");
    CHECK(shop.post("/v1/orders", simple_order, "customer", key).status == 201);
}

TEST_CASE("a second request under a key that is under way is told so") {
    Shop shop;
    shop.create_product("A", "2.55");
    shop.bus.hold();
    const Shop::Fields key = {{"idempotency-key", "one"}, {"content-type", "application/json"}};
    auto first = shop.begin(http::Method::post, "/v1/orders", "customer", simple_order, key);
    const auto second = shop.post("/v1/orders", simple_order, "customer", key);
    CHECK(second.status == 409);
    CHECK(second.member("code") == "key_in_flight");
    CHECK(first.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    shop.bus.release_all();
    CHECK(first.get().status == 201);
    CHECK(shop.post("/v1/orders", simple_order, "customer", key).header("idempotent-replayed") == "true");
}

TEST_CASE("when the command side can't, the client is told to come back") {
    Shop shop;
    shop.create_product("A", "2.55");
    shop.bus.answer_next({.outcome = ports::CommandOutcome::unavailable, .fault = {FaultCode::disk_full, "path of ours"}, .retry_after = seconds(7)});
    const auto full = shop.post("/v1/orders", simple_order, "customer");
    CHECK(full.status == 503);
    CHECK(full.member("code") == "disk_full");
    CHECK(full.header("retry-after") == "7");
    CHECK_FALSE(full.body.contains("path of ours"));
    shop.bus.answer_next({.outcome = ports::CommandOutcome::unknown});
    CHECK(shop.post("/v1/orders", simple_order, "customer").member("code") == "outcome_unknown");
}

TEST_CASE("Prefer: wait holds the answer until the order is paid, or the time is up") {
    Shop shop;
    shop.create_product("A", "2.55");
    auto waiting = shop.begin(http::Method::post, "/v1/orders", "customer", simple_order, {{"idempotency-key", "w"}, {"content-type", "application/json"}, {"prefer", "wait=10"}});
    REQUIRE(shop.bus.last);
    const auto order = std::get<orders::PlaceOrderT>(std::get<orders::Command>(shop.bus.last->command)).order_id;
    CHECK(waiting.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    CHECK(shop.run(orders::Command(mark_paid(order))).outcome == ports::CommandOutcome::accepted);
    CHECK(waiting.get().member("status") == "PAID");
    const auto done = shop.post("/v1/orders", simple_order, "customer", {{"idempotency-key", "w"}, {"prefer", "wait=10"}});
    CHECK(done.status == 201);
    CHECK(done.member("status") == "PAID");
    CHECK(done.header("preference-applied") == "wait");
    CHECK(done.header("etag").starts_with("\"2-"));
    CHECK(parse_position(done.header("granary-position")));  // of the placing: what a repetition is answered with as well
    CHECK(done.header("idempotent-replayed") == "true");
    const auto unpaid = shop.post("/v1/orders", simple_order, "customer", {{"prefer", "wait=0"}});
    CHECK(unpaid.member("status") == "CREATED");
}

TEST_CASE("somebody else's order is not there, and staff see all") {
    Shop shop;
    shop.create_product("A", "2.55");
    const auto id = shop.place_order("A", "customer");
    for (const std::string& path : std::initializer_list<std::string>{"", "/timeline", "/payments", "/shipments"}) {
        CAPTURE(path);
        CHECK(shop.get("/v1/orders/" + id + path, "customer").status == 200);
        CHECK(shop.get("/v1/orders/" + id + path, "other").status == 404);
        CHECK(shop.get("/v1/orders/" + id + path, "admin").status == 200);
    }
    CHECK(shop.post("/v1/orders/" + id + "/cancel", "{}", "other").status == 404);
    CHECK(shop.post("/v1/payment/checkout", R"({"order":")" + id + R"(","token":"t"})", "other").status == 404);
    CHECK(shop.get("/v1/orders", "other").member("data") == "[]");
    CHECK(shop.get("/v1/orders?customer=" + text_of(shop.keys.customer_of("customer")), "other").status == 404);
    CHECK(shop.get("/v1/orders/ord_00000000000000000000000000000001", "admin").status == 404);
    CHECK(shop.get("/v1/orders/nonsense", "admin").status == 404);
    const auto named = R"({"lines":[{"sku":"A","quantity":1}],"country":"GB","customer":")" + text_of(shop.keys.customer_of("other")) + "\"}";
    CHECK(shop.post("/v1/orders", named, "customer").status == 403);
    CHECK(shop.post("/v1/orders", named, "import").member("customer") == text_of(shop.keys.customer_of("other")));
    const auto priced = shop.post("/v1/orders", R"({"lines":[{"sku":"A","quantity":1,"unit_price":{"amount":"0.01","currency":"GBP"}}],"country":"GB"})", "customer");
    CHECK(priced.status == 403);
    CHECK(priced.pointers() == "/lines/0/unit_price");
}

TEST_CASE("lists go on by signed cursors, newest first, and staff filter by status") {
    Shop shop;
    shop.create_product("A", "2.55");
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(shop.place_order("A", "customer"));
    std::vector<std::string> seen;
    std::string target = "/v1/orders?limit=2";
    // Each is in a partition of its own choice, and on a starved machine a view may take longer than one answer waits for it.
    std::string newest;
    for (const auto& id : ids) {
        auto shown = shop.get("/v1/orders/" + id, "customer");
        for (int i = 0; i < 10 && shown.status == 503; ++i) shown = shop.get("/v1/orders/" + id, "customer");
        REQUIRE(shown.status == 200);
        newest = shown.header("granary-position");
    }
    for (int page = 0; page < 3; ++page) {
        const auto answer = shop.get(target, "customer", {{"granary-min-position", newest}});
        REQUIRE(answer.status == 200);
        const auto document = gateway::JsonDocument::parse(answer.body);
        for (auto item = document->root().member("data").first(); item; item = item.next()) seen.emplace_back(item.member("id").text());
        CHECK(answer.member("has_more") == (page < 2 ? "true" : "false"));
        if (page == 2) break;
        const auto link = answer.header("link");
        CHECK(link.ends_with(">; rel=\"next\""));
        target = link.substr(1, link.find('>') - 1);
        CHECK(shop.get("/v1/orders?status=PAID&cursor=" + answer.member("next_cursor"), "customer").status == 400);
    }
    CHECK(seen.size() == 5);
    CHECK(std::set<std::string>(seen.begin(), seen.end()) == std::set<std::string>(ids.begin(), ids.end()));
    for (const auto& [word, count] : std::initializer_list<std::pair<std::string, int>>{{"CREATED", 5}, {"pending", 5}, {"PAID", 0}, {"processing", 0}}) {
        const auto answer = shop.get("/v1/orders?limit=100&status=" + word, "admin");
        const auto document = gateway::JsonDocument::parse(answer.body);
        int found = 0;
        for (auto item = document->root().member("data").first(); item; item = item.next()) ++found;
        CHECK(found == count);
    }
    CHECK(shop.get("/v1/orders", "admin").status == 200);
}

TEST_CASE("a status is changed under If-Match, and only as the order allows") {
    Shop shop;
    shop.create_product("A", "2.55");
    const auto placed = shop.post("/v1/orders", simple_order, "customer");
    const auto path = placed.header("location") + "/status";
    const auto put = [&](const std::string& body, const std::string& match, const std::string& as = "admin") { return shop.send(http::Method::put, path, as, body, {{"if-match", match}}); };
    CHECK(put(R"({"status":"PACKED"})", "\"1-0\"", "customer").status == 403);
    CHECK(shop.send(http::Method::put, path, "admin", R"({"status":"PACKED"})").status == 428);
    CHECK(put(R"({"status":"PACKED"})", "\"9-0\"").status == 412);
    CHECK(put(R"({"status":"LOST"})", "\"1-0\"").pointers() == "/status");
    CHECK(put(R"({"status":"CANCELLED"})", "\"1-0\"", "delivery").status == 403);
    CHECK(put(R"({"status":"PACKED"})", "\"1-0\"").member("code") == "illegal_transition");
    CHECK(shop.run(orders::Command(mark_paid(*parse_id<OrderKind>(placed.member("id"))))).version == 2);
    const auto packed = put(R"({"status":"PACKED"})", "\"2-5\"");
    CHECK(packed.status == 200);
    CHECK(packed.member("status") == "PACKED");
    CHECK(packed.header("etag").starts_with("\"3-"));
    const auto cancelled = shop.post("/v1/orders/" + placed.member("id") + "/cancel", "", "customer");
    CHECK(cancelled.status == 409);
}

TEST_CASE("cancelling twice is cancelled once") {
    Shop shop;
    shop.create_product("A", "2.55");
    const auto path = "/v1/orders/" + shop.place_order("A", "customer") + "/cancel";
    const auto first = shop.post(path, R"({"reason":"changed my mind"})", "customer", {{"idempotency-key", "c"}});
    CHECK(first.status == 200);
    CHECK(first.member("status") == "CANCELLED");
    const auto retry = shop.post(path, R"({"reason":"changed my mind"})", "customer", {{"idempotency-key", "c"}});
    CHECK(retry.body == first.body);
    CHECK(retry.header("idempotent-replayed") == "true");
    const auto another = shop.post(path, "", "customer");
    CHECK(another.status == 200);
    CHECK(another.member("changed") == "false");
}
