// What operators ask of sagas over HTTP: what would do nothing is refused, and what was accepted stays so.
#include <doctest/doctest.h>

#include "tests/gateway/routes/shop.hpp"

namespace granary::testing {
namespace {

// One saga, which ends when the test says so.
class OneSaga final : public ports::Operations {
  public:
    std::string order;
    bool ended = false;
    bool elsewhere = false;  // another node drives it
    ports::SagaFilter asked;
    ports::ProjectionWish wished;

    Result<std::string> projections() override { return "[]"; }
    Result<std::optional<std::string>> projection(std::string_view) override { return std::optional<std::string>(); }
    Status begin(std::string_view, const ports::ProjectionWish& wish) override {
        wished = wish;
        return {};
    }
    Result<ports::SagaPage> sagas(const ports::SagaFilter& filter) override {
        asked = filter;
        return ports::SagaPage{"[]", {}};
    }
    Result<std::optional<std::string>> saga(OrderId) override { return std::optional<std::string>(); }
    Result<std::optional<std::string>> erasure(CustomerId customer, OrderId of_order) override {
        return std::optional("{\"of\":\"" + (customer.is_nil() ? text_of(of_order) : text_of(customer)) + "\"}");
    }
    Result<std::optional<std::string>> compensation_plan(OrderId asked_order) override {
        if (elsewhere) return fault(FaultCode::unavailable, "not here");
        if (ended || text_of(asked_order) != order) return std::optional<std::string>();
        return std::optional<std::string>(R"({"asks":["void_payment"]})");
    }
};

const std::string why = R"({"reason":"fraud"})";

}  // namespace

TEST_CASE("a compensation of no saga, or of one that has ended, is not found and leaves no trace; one that was accepted is replayed") {
    OneSaga saga;
    Shop shop({}, &saga);
    shop.create_product("A", "2.55");
    saga.order = shop.place_order("A", "customer");
    const std::string path = "/admin/v1/sagas/" + saga.order + "/compensate";
    const auto commits = shop.bus.commits;
    CHECK(shop.post("/admin/v1/sagas/ord_0195500000007000800000000000000b/compensate", why).status == 404);
    CHECK(shop.bus.commits == commits);
    const auto dry = shop.post(path + "?dry_run=true", why);
    CHECK(dry.status == 200);
    CHECK(dry.member("plan") == R"({"asks":["void_payment"]})");
    CHECK(shop.bus.commits == commits);
    CHECK(shop.post(path, why, "admin", {{"idempotency-key", "once"}}).status == 202);
    CHECK(shop.bus.commits == commits + 1);
    saga.ended = true;
    const auto again = shop.post(path, why, "admin", {{"idempotency-key", "once"}});
    CHECK(again.status == 202);
    CHECK(again.header("idempotent-replayed") == "true");
    CHECK(shop.post(path, why).status == 404);
    CHECK(shop.post(path + "?dry_run=true", why).status == 404);
    CHECK(shop.bus.commits == commits + 1);
}

TEST_CASE("a compensation of a saga that another node drives is not checked here; its plan can't be shown here") {
    OneSaga saga;
    saga.elsewhere = true;
    Shop shop({}, &saga);
    shop.create_product("A", "2.55");
    const std::string path = "/admin/v1/sagas/" + shop.place_order("A", "customer") + "/compensate";
    CHECK(shop.post(path + "?dry_run=true", why).status == 503);
    CHECK(shop.post(path, why).status == 202);
}

TEST_CASE("the parked ones are asked for by name, and an unknown parameter is refused") {
    OneSaga saga;
    Shop shop({}, &saga);
    CHECK(shop.get("/admin/v1/sagas?parked=true&limit=5").status == 200);
    CHECK(saga.asked.parked_only);
    CHECK(saga.asked.limit == 5);
    CHECK(shop.get("/admin/v1/sagas").status == 200);
    CHECK_FALSE(saga.asked.parked_only);
    CHECK(shop.get("/admin/v1/sagas?state=parked").status == 400);
}

TEST_CASE("work on a view is asked for with how much of the machine it may take, and cancelled by name") {
    OneSaga views;
    Shop shop({}, &views);
    const std::string path = "/admin/v1/projections/orders/work";
    CHECK(shop.post(path, R"({"action":"rebuild","parallel":2,"records_per_second":5000})").status == 202);
    CHECK(views.wished.action == ports::ProjectionAction::rebuild);
    CHECK(views.wished.parallel == 2);
    CHECK(views.wished.records_per_second == 5000);
    CHECK_FALSE(views.wished.unverified);
    CHECK(shop.post(path, R"({"action":"promote","generation":3,"unverified":true})").status == 202);
    CHECK(views.wished.unverified);
    CHECK(views.wished.generation == 3);
    CHECK(shop.post(path, R"({"action":"cancel"})").status == 202);
    CHECK(views.wished.action == ports::ProjectionAction::cancel);
    CHECK(shop.post(path, R"({"action":"rebuild","parallel":0})").status == 422);
    CHECK(shop.post(path, R"({"action":"rebuild","records_per_second":-1})").status == 422);
    CHECK(shop.post(path, R"({"action":"stop"})").status == 400);
}

TEST_CASE("an erasure is shown and let go on by its customer, or by the order of somebody who is none") {
    OneSaga saga;
    Shop shop({}, &saga);
    const std::string customer = "cus_0195500000007000800000000000000e", order = "ord_0195500000007000800000000000000b";
    for (const auto& subject : {customer, order}) {
        CHECK(shop.get("/admin/v1/erasures/" + subject).member("of") == subject);
        CHECK(shop.post("/admin/v1/erasures/" + subject + "/retry", why).member("code") == "illegal_transition");
        const auto& asked = std::get<customer_erasure::RetryErasureT>(std::get<customer_erasure::Command>(shop.bus.last->command));
        CHECK(asked.person.value == (asked.customer.is_nil() ? asked.order.value : asked.customer.value));
        CHECK(target_of(shop.bus.last->command).routing_key == subject);
    }
    CHECK(shop.get("/admin/v1/erasures/pay_0195500000007000800000000000000a").status == 404);
    CHECK(shop.post("/admin/v1/erasures/" + customer + "/retry", why, "auditor").status == 403);
}

}  // namespace granary::testing
