// Who may do what: every role against every route, from the table and from the outside.
#include <doctest/doctest.h>

#include "core/permissions.hpp"
#include "gateway/routes/route_table.hpp"
#include "tests/gateway/routes/shop.hpp"

using namespace granary;
using namespace granary::testing;

namespace {

// A path of this route with something plausible in its parameters.
std::string path_of(const gateway::Route& route) {
    std::string path(route.pattern);
    for (auto at = path.find('{'); at != std::string::npos; at = path.find('{')) {
        const std::string_view value = path.contains("/orders/") || path.contains("/sagas/") ? "ord_0195500000007000800000000000000b" : "A";
        path.replace(at, path.find('}') - at + 1, value);
    }
    return path;
}

}  // namespace

TEST_CASE("every role meets 403 exactly where its permissions end") {
    Shop shop;
    for (const auto& route : gateway::route_table()) {
        CAPTURE(route.operation);
        const auto path = path_of(route);
        if (route.policy.permission == Permission::anyone) {
            CHECK(shop.send(route.method, path, "").status != 403);
            continue;
        }
        CHECK(shop.send(route.method, path, "").status == 401);
        CHECK(shop.send(route.method, path, "no-such-key").status == 401);
        for (std::size_t i = 0; i < role_count; ++i) {
            const auto role = static_cast<Role>(i);
            const std::string name(name_of(role));
            CAPTURE(name);
            const auto answer = shop.send(route.method, path, name);
            CHECK((answer.status == 403) == !permissions_of(role).has(route.policy.permission));
        }
    }
}

TEST_CASE("roles stay what they are") {
    using enum Permission;
    CHECK(permissions_of(Role::guest) == PermissionSet{catalog_read});
    CHECK_FALSE(permissions_of(Role::customer).has(orders_all));
    CHECK_FALSE(permissions_of(Role::customer).has(orders_import));
    for (const auto change : {catalog_write, stock_write, orders_place, orders_cancel, orders_status, payments_pay, payments_refund, customers_register, customers_own, operations_write})
        CHECK_FALSE(permissions_of(Role::auditor).has(change));
    CHECK_FALSE(permissions_of(Role::analyst).has(orders_read));
    for (std::size_t i = 0; i < role_count; ++i) {
        const auto role = static_cast<Role>(i);
        CHECK(parse_role(name_of(role)) == role);
        CHECK_FALSE(permissions_of(role).has(anyone));
    }
    for (std::size_t i = 0; i < permission_count; ++i) CHECK(parse_permission(name_of(static_cast<Permission>(i))) == static_cast<Permission>(i));
    CHECK(permissions_of(Role::admin).narrowed_to({orders_read, anyone}) == PermissionSet{orders_read});
}

TEST_CASE("a missing or wrong key says how to authenticate") {
    Shop shop;
    const auto answer = shop.get("/v1/products", "");
    CHECK(answer.status == 401);
    CHECK(answer.header("www-authenticate").starts_with("Bearer"));
    CHECK(shop.send(http::Method::get, "/v1/products", "", {}, {{"authorization", "Basic admin"}}).status == 401);
    CHECK(shop.send(http::Method::get, "/v1/products", "", {}, {{"authorization", "bearer guest"}}).status == 200);
}

TEST_CASE("rates are limited per principal") {
    Shop shop({.rate = {.per_second = 1, .burst = 2}});
    CHECK(shop.get("/v1/products", "guest").header("x-ratelimit-remaining") == "1");
    CHECK(shop.get("/v1/products", "guest").status == 200);
    const auto refused = shop.get("/v1/products", "guest");
    CHECK(refused.status == 429);
    CHECK(refused.member("code") == "rate_limited");
    CHECK(refused.header("retry-after") == "1");
    CHECK(shop.get("/v1/products", "admin").status == 200);
    CHECK(shop.get("/livez", "").status == 200);
}

TEST_CASE("operational routes can be kept off the public listener") {
    Shop shop({.surface = gateway::Surface::public_api});
    CHECK(shop.get("/livez", "").status == 404);
    CHECK(shop.get("/admin/v1/sagas").status == 404);
    CHECK(shop.get("/v1/products").status == 200);
    Shop operations({.surface = gateway::Surface::operations});
    CHECK(operations.get("/metrics", "").body == "granary_up 1\n");
    CHECK(operations.get("/readyz", "").status == 200);
    CHECK(operations.get("/admin/v1/sagas").status == 501);
    CHECK(operations.get("/v1/products").status == 404);
    CHECK(operations.answered.front() == "getMetrics 200");
}

TEST_CASE("a trace goes from the request into the command and back") {
    Shop shop;
    shop.create_product("A", "1");
    const std::string trace = "0af7651916cd43dd8448eb211c80319c";
    const auto answer = shop.post("/v1/orders", R"({"lines":[{"sku":"A","quantity":1}],"country":"GB"})", "customer", {{"traceparent", "00-" + trace + "-b7ad6b7169203331-01"}});
    CHECK(answer.status == 201);
    CHECK(answer.header("traceparent").substr(3, 32) == trace);
    CHECK(shop.bus.last->traceparent.substr(3, 32) == trace);
    CHECK(hex_of(shop.bus.last->correlation.value) == trace);
    CHECK(shop.get("/v1/nothing", "", {{"traceparent", "00-" + trace + "-b7ad6b7169203331-01"}}).member("trace_id") == trace);
}
