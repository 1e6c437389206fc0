// Persons who ask to be erased: who may ask, what is taken from them afterwards, and what is left to see.
#include <doctest/doctest.h>

#include <string>

#include "core/privacy_limits.hpp"
#include "tests/gateway/routes/shop.hpp"

using namespace granary;
using namespace granary::testing;

namespace {

constexpr const char* ann_body = R"({"country":"GB","profile":{"name":"Ann","email":"ann@example.org"},"address":{"lines":["1 High Street"],"city":"Leeds"}})";
constexpr const char* order_body = R"({"lines":[{"sku":"A","quantity":1}],"country":"GB","ship_to":{"lines":["1 High Street"],"city":"Leeds"},"note":"ring twice","payment":{"token":"tok_accept"}})";
constexpr const char* plain_order = R"({"lines":[{"sku":"A","quantity":1}],"country":"GB"})";

struct Fixture {
    Fixture() {
        shop.create_product("A", "1");
        const auto registered = shop.post("/v1/customers", ann_body, "customer");
        REQUIRE(registered.status == 201);
        last = registered.header("granary-position");
    }
    Answer page() { return shop.get("/v1/customers/me", "customer", {{"granary-min-position", last}}); }
    Answer order_page(const std::string& order, const std::string& as = "admin") { return shop.get("/v1/orders/" + order, as, {{"granary-min-position", last}}); }
    Answer erase(const std::string& body = {}, const std::string& as = "customer", const std::string& who = "me") {
        auto answer = shop.post("/v1/customers/" + who + "/erasure", body, as);
        if (answer.status == 202) last = answer.header("granary-position");
        return answer;
    }
    // What the saga does in the end.
    void finish(Command command, PersonId person) {
        REQUIRE(shop.secrets->destroy_person_key(person).has_value());
        const auto answer = shop.run(std::move(command));
        REQUIRE(answer.outcome == ports::CommandOutcome::accepted);
        last = text_of(answer.position);
    }
    void finish(CustomerId id) {
        customers::RecordErasedT command;
        command.customer_id = id;
        finish(customers::Command(command), {id.value});
    }
    CustomerId ann() const { return shop.keys.customer_of("customer"); }

    Shop shop;
    std::string last = "0:0";
};

}  // namespace

TEST_CASE("a customer asks to be erased, sees how far it is, and in the end nothing but that it happened") {
    Fixture f;
    const auto asked = f.erase(R"({"ground":"consent_withdrawn"})");
    CHECK(asked.status == 202);
    CHECK(asked.header("location") == "/v1/customers/" + text_of(f.ann()));
    CHECK(asked.member("requested") == "erasure");
    const auto waiting = f.page();
    CHECK(waiting.member("profile") == R"({"email":"ann@example.org","name":"Ann"})");
    CHECK(waiting.member("erasure").contains(R"("status":"requested")"));

    customer_erasure::RecordOrdersFoundT found;
    found.person = {f.ann().value};
    found.customer = f.ann();
    found.orders_under_way = 2;
    f.last = text_of(f.shop.run(customer_erasure::Command(found)).position);
    CHECK(f.page().member("erasure").contains(R"("orders_under_way":2)"));

    f.finish(f.ann());
    const auto erased = f.page();
    CHECK(erased.status == 200);
    CHECK(erased.member("profile") == "null");
    CHECK(erased.member("address") == "null");
    CHECK(erased.member("erasure").contains(R"("status":"erased")"));
    CHECK(erased.member("erasure").contains(R"("erased_at":")"));
    CHECK_FALSE(erased.body.contains("Ann"));
    CHECK(f.erase().status == 202);
}

TEST_CASE("from the request on nothing is taken any more, but what was accepted before is answered again") {
    Fixture f;
    const Shop::Fields key = {{"idempotency-key", "before"}};
    const auto before = f.shop.post("/v1/orders", order_body, "customer", key);
    REQUIRE(before.status == 201);
    REQUIRE(f.erase().status == 202);
    REQUIRE(f.page().status == 200);
    for (const char* body : {order_body, plain_order}) {
        const auto refused = f.shop.post("/v1/orders", body, "customer");
        CHECK(refused.status == 409);
        CHECK(refused.member("code") == "customer_erased");
    }
    const auto moved = f.shop.send(http::Method::put, "/v1/customers/me/address", "customer", R"({"country":"GB","address":{"city":"York"}})", {{"if-match", "*"}});
    CHECK(moved.member("code") == "customer_erased");
    CHECK(f.shop.post("/v1/customers", ann_body, "customer").member("code") == "customer_erased");
    const auto again = f.shop.post("/v1/orders", order_body, "customer", key);
    CHECK(again.status == 201);
    CHECK(again.member("id") == before.member("id"));
    CHECK(again.header("idempotent-replayed") == "true");
    CHECK(again.member("ship_to").contains("High Street"));

    const auto seen = f.order_page(before.member("id"), "customer").header("etag");
    f.finish(f.ann());
    REQUIRE(f.page().status == 200);
    const auto since = f.shop.get("/v1/orders/" + before.member("id"), "customer", {{"granary-min-position", f.last}, {"if-none-match", seen}});
    CHECK(since.status == 200);  // a cache must not go on showing the address
    // Nobody can tell any more whether this is the same body.
    CHECK(f.shop.post("/v1/orders", order_body, "customer", key).member("code") == "customer_erased");
    const auto order = f.order_page(before.member("id"), "customer");
    CHECK(order.status == 200);
    CHECK(order.member("ship_to") == "null");
    CHECK(order.member("note") == "null");
    CHECK(order.member("total") == before.member("total"));
}

TEST_CASE("who may ask for it") {
    Fixture f;
    const std::string ann = text_of(f.ann());
    CHECK(f.erase({}, "other", ann).status == 404);
    CHECK(f.erase({}, "auditor", ann).status == 403);
    CHECK(f.erase({}, "import", ann).status == 403);
    CHECK(f.erase({}, "admin", "cus_00000000000000000000000000000077").status == 404);
    CHECK(f.erase(R"({"ground":"because"})").status == 400);
    CHECK(f.erase(R"({"reason":"because"})").status == 400);
    const auto hasty = f.erase(R"({"despite_orders":true})");
    CHECK(hasty.status == 403);
    CHECK(hasty.pointers() == "/despite_orders");
    CHECK(f.erase(R"({"despite_orders":true})", "admin", ann).status == 202);
    CHECK(std::get<customers::RequestErasureT>(std::get<customers::Command>(f.shop.bus.last->command)).despite_orders);
}

TEST_CASE("a customer who never registered is known by orders, or to itself") {
    Fixture f;
    const std::string other = text_of(f.shop.keys.customer_of("other"));
    CHECK(f.erase({}, "admin", other).status == 404);
    const auto placed = f.shop.post("/v1/orders", order_body, "other");
    REQUIRE(placed.status == 201);
    f.last = placed.header("granary-position");
    REQUIRE(f.order_page(placed.member("id")).status == 200);
    CHECK(f.erase({}, "admin", other).status == 202);
    const auto page = f.shop.get("/v1/customers/" + other, "admin", {{"granary-min-position", f.last}});
    CHECK(page.status == 200);
    CHECK(page.member("erasure").contains("requested"));
}

TEST_CASE("all that is held about a customer, for the customer and for admins; erased, it says that it was") {
    Fixture f;
    const auto placed = f.shop.post("/v1/orders", order_body, "customer");
    REQUIRE(placed.status == 201);
    const auto moved = f.shop.send(http::Method::put, "/v1/customers/me/address", "customer", R"({"country":"IE","address":{"city":"Dublin"}})", {{"if-match", "*"}});
    REQUIRE(moved.status == 200);
    const auto held = f.shop.get("/v1/customers/me/export", "customer");
    CHECK(held.status == 200);
    CHECK(held.member("customer").contains("Dublin"));
    CHECK(held.member("personal_data").contains("High Street"));  // given before
    CHECK(held.member("personal_data").contains("Dublin"));
    CHECK(held.member("orders").contains(placed.member("id")));
    CHECK(held.member("orders").contains("ring twice"));
    CHECK(held.member("orders").contains(R"("timeline":[{)"));
    CHECK_FALSE(held.body.contains("tok_accept"));
    const std::string ann = text_of(f.ann());
    CHECK(f.shop.get("/v1/customers/" + ann + "/export", "admin").member("orders") == held.member("orders"));
    CHECK(f.shop.get("/v1/customers/" + ann + "/export", "other").status == 404);
    CHECK(f.shop.get("/v1/customers/" + ann + "/export", "auditor").status == 403);
    CHECK(f.shop.get("/v1/customers/" + ann + "/export", "import").status == 403);
    CHECK(f.shop.get("/v1/customers/cus_00000000000000000000000000000077/export", "admin").status == 404);
    CHECK(f.shop.bus.accesses.size() == 4);  // the customer's own, too

    REQUIRE(f.erase().status == 202);
    f.finish(f.ann());
    const auto erased = f.shop.get("/v1/customers/me/export", "customer");
    CHECK(erased.status == 200);
    for (const char* gone : {"High Street", "Dublin", "Ann", "ring twice"}) CHECK_FALSE(erased.body.contains(gone));
    CHECK(erased.member("customer").contains(R"("status":"erased")"));
    CHECK(erased.member("orders").contains(placed.member("id")));
}

TEST_CASE("an export has every state that was ever given, however many, and an end") {
    Fixture f;
    const auto move = [&](const std::string& line) {
        const std::string body = R"({"country":"GB","address":{"lines":[)" + line + "]}}";
        REQUIRE(f.shop.send(http::Method::put, "/v1/customers/me/address", "customer", body, {{"if-match", "*"}}).status == 200);
    };
    const int moves = 600;
    for (int i = 0; i < moves; ++i) move("\"" + std::to_string(i) + "\"");
    const auto held = f.shop.get("/v1/customers/me/export", "customer");
    REQUIRE(held.status == 200);
    std::size_t given = 0;
    for (auto at = held.body.find("given_at"); at != std::string::npos; at = held.body.find("given_at", at + 1)) ++given;
    CHECK(given == moves + 1);
    CHECK(held.member("personal_data").contains(R"("lines":["599"])"));

    std::string long_line = "\"" + std::string(limits::personal_text_bytes_max, 'x') + "\"";
    const std::string lines = long_line + "," + long_line + "," + long_line + "," + long_line + "," + long_line;
    for (std::size_t i = 0; i < limits::person_export_bytes_max / (5 * limits::personal_text_bytes_max); ++i) move(lines);
    const auto refused = f.shop.get("/v1/customers/me/export", "customer");
    CHECK(refused.status == 422);
    CHECK(refused.member("code") == "limit_exceeded");
}

TEST_CASE("exports with personal data take a permission of their own, and say who is erased") {
    Fixture f;
    const auto placed = f.shop.post("/v1/orders", order_body, "customer");
    REQUIRE(placed.status == 201);
    const Shop::Fields newest = {{"granary-min-position", placed.header("granary-position")}};
    CHECK(f.shop.get("/v1/exports/orders", "analyst").status == 403);
    CHECK(f.shop.get("/v1/exports/orders", "auditor").status == 403);
    CHECK(f.shop.get("/v1/exports/stock", "admin").status == 404);
    const auto orders = f.shop.get("/v1/exports/orders", "admin", newest);
    CHECK(orders.status == 200);
    CHECK(orders.body.contains("High Street"));
    CHECK(f.shop.get("/v1/exports/customers", "admin", {{"granary-min-position", f.last}}).body.contains("ann@example.org"));
    REQUIRE(f.erase().status == 202);
    f.finish(f.ann());
    REQUIRE(f.page().status == 200);
    CHECK(f.shop.get("/v1/exports/orders", "admin").body.contains(R"("ship_to":null)"));
    const auto customers = f.shop.get("/v1/exports/customers", "admin");
    CHECK(customers.body.contains(R"("profile":null)"));
    CHECK(customers.body.contains(R"("erased_at")"));
}

TEST_CASE("the buyer of an order without a customer is erased by the order") {
    Fixture f;
    const auto placed = f.shop.post("/v1/orders", order_body, "admin");
    REQUIRE(placed.status == 201);
    const std::string order = placed.member("id");
    CHECK(f.shop.post("/v1/orders/" + order + "/erasure", "", "customer").status == 404);
    const auto asked = f.shop.post("/v1/orders/" + order + "/erasure", "", "admin");
    CHECK(asked.status == 202);
    CHECK(asked.header("location") == "/v1/orders/" + order);
    orders::RecordBuyerErasedT command;
    command.order_id = *parse_id<OrderKind>(order);
    f.finish(orders::Command(command), {command.order_id.value});
    const auto page = f.order_page(order);
    CHECK(page.member("ship_to") == "null");
    CHECK(page.member("note") == "null");
    CHECK(page.member("erasure").contains(R"("status":"erased")"));
    CHECK(page.member("status") == "CREATED");

    const auto of_customer = f.shop.post("/v1/orders", order_body, "customer").member("id");
    CHECK(f.shop.post("/v1/orders/" + of_customer + "/erasure", "", "admin").member("code") == "illegal_transition");
}
