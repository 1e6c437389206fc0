// Who was given what that is not their own stands in the log before they get it; nobody else pays for that.
#include <doctest/doctest.h>

#include <thread>

#include "gateway/middleware/access_recorder.hpp"
#include "tests/gateway/routes/shop.hpp"

using namespace granary;
using namespace granary::testing;

namespace {

struct Fixture {
    Fixture() {
        shop.create_product("A", "2.55");
        order = shop.place_order("A", "customer");
    }
    // `operation target status`, of all that was to be recorded.
    std::vector<std::string> recorded() const {
        std::vector<std::string> all;
        for (const auto& batch : shop.bus.accesses) {
            for (const auto& access : batch.accesses) all.push_back(access->operation + " " + access->target + " " + std::to_string(access->status));
        }
        return all;
    }

    Shop shop;
    std::string order;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("what staff and auditors read of others is recorded before it is answered; what customers read of their own is not") {
    Fixture f;
    CHECK(f.shop.get("/v1/orders/" + f.order, "customer").status == 200);
    CHECK(f.shop.get("/v1/orders", "customer").status == 200);
    CHECK(f.shop.get("/v1/products/A", "auditor").status == 200);
    CHECK(f.recorded().empty());
    const auto trace = f.shop.get("/v1/orders/" + f.order, "auditor", {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}});
    CHECK(trace.status == 200);
    CHECK(f.recorded() == Texts{"getOrder /v1/orders/" + f.order + " 200"});
    const auto& batch = f.shop.bus.accesses.front();
    CHECK(batch.role == "auditor");
    CHECK(batch.principal.starts_with("key_"));
    CHECK(batch.day == date_of(f.shop.clock.now()));
    CHECK(batch.accesses.front()->trace_id == "0af7651916cd43dd8448eb211c80319c");
    CHECK(f.shop.get("/admin/v1/sagas", "auditor").status == 501);
    CHECK(f.shop.get("/v1/reports/sales?of=orders", "analyst").status == 200);
    CHECK(f.shop.post("/v1/shipping/track", R"({"order":")" + f.order + R"("})", "delivery").status == 200);
    CHECK(f.shop.post("/v1/orders/" + f.order + "/cancel", "", "admin").status == 200);
    CHECK(f.recorded() == Texts{"getOrder /v1/orders/" + f.order + " 200", "listSagas /admin/v1/sagas 501", "reportSales /v1/reports/sales 200",
                                "trackShipment /v1/shipping/track?order=" + f.order + " 200"});
}

TEST_CASE("what can't be recorded is not given") {
    Fixture f;
    for (const auto outcome : {ports::CommandOutcome::unavailable, ports::CommandOutcome::unknown, ports::CommandOutcome::refused}) {
        f.shop.bus.accesses_fail = outcome;
        const auto refused = f.shop.get("/v1/orders/" + f.order, "auditor");
        CHECK(refused.status == 503);
        CHECK(refused.header("retry-after") == "1");
        CHECK(refused.header("content-type") == "application/problem+json");
        for (const char* member : {"lines", "total", "customer"}) CHECK(refused.member(member).empty());
        CHECK(refused.header("etag").empty());
    }
    CHECK(f.shop.get("/v1/orders/" + f.order, "customer").status == 200);
    f.shop.bus.accesses_fail.reset();
    CHECK(f.shop.get("/v1/orders/" + f.order, "auditor").status == 200);
}

namespace {

// Remembers what was begun, and refuses the second view.
class ToyOperations final : public ports::Operations {
  public:
    Result<std::string> projections() override { return std::string("[]"); }
    Result<std::optional<std::string>> projection(std::string_view) override { return std::nullopt; }
    Status begin(std::string_view view, const ports::ProjectionWish&) override {
        if (view == "payments") return fault(FaultCode::conflict, "some work is under way");
        begun.emplace_back(view);
        return {};
    }
    Result<ports::SagaPage> sagas(const ports::SagaFilter&) override { return ports::SagaPage{}; }
    Result<std::optional<std::string>> saga(OrderId) override { return std::nullopt; }
    Result<std::optional<std::string>> erasure(CustomerId, OrderId) override { return std::nullopt; }
    Result<std::optional<std::string>> compensation_plan(OrderId) override { return std::nullopt; }

    std::vector<std::string> begun;
};

}  // namespace

TEST_CASE("what an operator does to a view is recorded, with the action, before it is done; what can't be recorded is not done") {
    ToyOperations operations;
    Shop shop({}, &operations);
    const auto recorded = [&] {
        std::vector<std::string> all;
        for (const auto& batch : shop.bus.accesses) {
            for (const auto& access : batch.accesses) all.push_back(access->target + " " + std::to_string(access->status));
        }
        return all;
    };
    const std::string orders = "/admin/v1/projections/orders/work", payments = "/admin/v1/projections/payments/work";
    shop.bus.accesses_fail = ports::CommandOutcome::unavailable;
    const auto refused = shop.post(orders, R"({"action":"promote","generation":2})");
    CHECK(refused.status == 503);
    CHECK(refused.body.contains("nothing was done"));
    CHECK(operations.begun.empty());
    shop.bus.accesses_fail.reset();
    const std::size_t before = recorded().size();
    CHECK(shop.post(orders, R"({"action":"promote","generation":2})").status == 202);
    CHECK(operations.begun == Texts{"orders"});
    CHECK(shop.post(payments, R"({"action":"cancel"})").status == 409);
    auto all = recorded();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before));
    CHECK(all == Texts{orders + "?action=promote&generation=2 202", payments + "?action=cancel 202", "/admin/v1/projections/(other)/work?action=cancel 409"});
}

TEST_CASE("what was typed in is not kept: only ids, and names of what there is") {
    Fixture f;
    CHECK(f.shop.get("/v1/customers/ann@example.org", "admin").status == 404);
    CHECK(f.shop.get("/v1/orders/ord_0195500000007000800000000000000b", "admin").status == 404);
    CHECK(f.shop.get("/v1/orders?customer=cus_0195500000007000800000000000000e&status=PAID", "admin").status == 200);
    CHECK(f.shop.get("/v1/orders?customer=Ann%20Smith", "admin").status == 400);
    CHECK(f.shop.get("/admin/v1/projections/Ann%20Smith", "admin").status == 501);
    CHECK(f.recorded() == Texts{"getCustomer /v1/customers/(other) 404", "getOrder /v1/orders/ord_0195500000007000800000000000000b 404",
                                "listOrders /v1/orders?customer=cus_0195500000007000800000000000000e 200", "listOrders /v1/orders 400",
                                "getProjection /admin/v1/projections/(other) 501"});
}

TEST_CASE("who is refused at the door has seen nothing, and writes nothing") {
    Fixture f;
    CHECK(f.shop.get("/v1/orders/" + f.order, "nobody").status == 401);
    CHECK(f.shop.get("/v1/access-log", "customer").status == 403);
    CHECK(f.shop.get("/v1/access-log", "seller").status == 403);
    CHECK(f.recorded().empty());
}

TEST_CASE("auditors read who has read what, newest first, filtered, page by page; and that is recorded, too") {
    Fixture f;
    for (int i = 0; i < 3; ++i) CHECK(f.shop.get("/v1/orders/" + f.order, "delivery").status == 200);
    CHECK(f.shop.get("/v1/orders/" + f.order + "/payments", "admin").status == 200);
    const auto until_folded = [&] {
        std::vector<Position> ends;
        for (std::uint32_t i = 0; i < 4; ++i) ends.push_back({{i}, {f.shop.log.end({i})->number - 1}});
        std::promise<bool> folded;
        f.shop.views->wait_for(ends, seconds(60), [&](bool ready) { folded.set_value(ready); });
        REQUIRE(folded.get_future().get());
    };
    until_folded();
    const auto count = [](const Answer& page) {
        std::size_t items = 0;
        for (auto at = page.body.find("\"operation\""); at != std::string::npos; at = page.body.find("\"operation\"", at + 1)) ++items;
        return items;
    };
    const auto all = f.shop.get("/v1/access-log", "auditor");
    CHECK(all.status == 200);
    CHECK(count(all) == 4);
    CHECK(all.body.find("listOrderPayments") < all.body.find("getOrder\""));
    until_folded();
    CHECK(count(f.shop.get("/v1/access-log?operation=listAccesses", "auditor")) == 1);
    const std::string rider = f.shop.bus.accesses.front().principal;
    const auto first = f.shop.get("/v1/access-log?limit=2&principal=" + rider, "auditor");
    CHECK(count(first) == 2);
    CHECK(first.member("has_more") == "true");
    const auto second = f.shop.get("/v1/access-log?limit=2&principal=" + rider + "&cursor=" + first.member("next_cursor"), "auditor");
    CHECK(count(second) == 1);
    CHECK(second.member("has_more") == "false");
    CHECK(count(f.shop.get("/v1/access-log?to=2010-12-01T08:26:00Z", "auditor")) == 0);
    CHECK(count(f.shop.get("/v1/access-log?from=2010-12-01T08:26:00Z&to=2110-12-01T08:26:00Z&operation=getOrder", "admin")) == 3);
    until_folded();
    CHECK(count(f.shop.get("/v1/access-log?from=1970-01-01T00:00:00Z&operation=getOrder", "auditor")) == 3);
    CHECK(f.shop.get("/v1/access-log?from=yesterday", "auditor").status == 400);
    CHECK(f.shop.get("/v1/access-log?principal=Ann", "auditor").status == 400);
}

namespace {

class HeldBus final : public ports::CommandBus {
  public:
    void submit(ports::CommandRequest request, std::function<void(ports::CommandAnswer)> done) override {
        sizes.push_back(std::get<access::RecordAccessesT>(std::get<access::Command>(request.command)).accesses.size());
        waiting.push_back(std::move(done));
    }
    void answer(ports::CommandOutcome outcome) {
        auto done = std::move(waiting.front());
        waiting.erase(waiting.begin());
        ports::CommandAnswer answer;
        answer.outcome = outcome;
        done(std::move(answer));
    }
    std::vector<std::size_t> sizes;
    std::vector<std::function<void(ports::CommandAnswer)>> waiting;
};

struct SteppedClock final : ports::Clock {
    Time now() const override { return {1'700'000'000'000'000}; }
    Duration monotonic() const override { return steady; }
    Duration steady;
};

}  // namespace

TEST_CASE("who has waited long enough for slow records in front is told so, however many of them there are") {
    HeldBus bus;
    SteppedClock clock;
    SystemRandom random;
    const auto recorder = std::make_shared<gateway::AccessRecorder>(bus, clock, random);
    ports::ApiKey ann;
    ann.id = {{1, 1}};
    std::size_t given = 0, refused = 0;
    const std::size_t many = 1 + 3 * limits::access_batch_max;
    for (std::size_t i = 0; i < many; ++i) {
        access::AccessT access;
        access.operation = "getOrder";
        access.at = clock.now();
        recorder->record(ann, std::move(access), [&](bool recorded) { recorded ? ++given : ++refused; });
    }
    clock.steady = limits::access_record_deadline;
    bus.answer(ports::CommandOutcome::accepted);
    CHECK(given == 1);
    clock.steady = clock.steady + Duration{1};
    bus.answer(ports::CommandOutcome::accepted);
    CHECK(given == 1 + limits::access_batch_max);
    CHECK(refused == many - given);
    CHECK(bus.waiting.empty());
}

TEST_CASE("what arrives while a record is on its way goes with the next one, in batches that have an end") {
    HeldBus bus;
    SystemClock clock;
    SystemRandom random;
    const auto recorder = std::make_shared<gateway::AccessRecorder>(bus, clock, random);
    ports::ApiKey ann, bob;
    ann.id = {{1, 1}};
    bob.id = {{1, 2}};
    std::size_t given = 0, refused = 0;
    const auto look = [&](const ports::ApiKey& who) {
        access::AccessT access;
        access.operation = "getOrder";
        access.at = {1'700'000'000'000'000};
        recorder->record(who, std::move(access), [&](bool recorded) { recorded ? ++given : ++refused; });
    };
    const std::size_t many = limits::access_batch_max + 10;
    for (std::size_t i = 0; i < many; ++i) look(ann);
    look(bob);
    CHECK(bus.sizes == std::vector<std::size_t>{1, 1});
    CHECK(given == 0);
    bus.answer(ports::CommandOutcome::accepted);
    CHECK(bus.sizes == std::vector<std::size_t>{1, 1, limits::access_batch_max});
    CHECK(given == 1);
    bus.answer(ports::CommandOutcome::accepted);
    CHECK(given == 2);
    bus.answer(ports::CommandOutcome::unknown);
    CHECK(refused == many - 1);  // those behind them, too
    CHECK(bus.waiting.empty());
    look(ann);
    bus.answer(ports::CommandOutcome::accepted);
    CHECK(given == 3);
    for (std::size_t i = 0; i <= limits::accesses_waiting_max; ++i) look(ann);
    CHECK(refused == many);
    while (!bus.waiting.empty()) bus.answer(ports::CommandOutcome::accepted);
    CHECK(given == 3 + limits::accesses_waiting_max);
}

TEST_CASE("staff and auditors see the history of an order, page by page, and nobody else does") {
    Fixture f;
    CHECK(f.shop.get("/v1/orders/" + f.order + "/history", "customer").status == 403);
    CHECK(f.shop.get("/v1/orders/" + f.order + "/history", "delivery").status == 403);
    CHECK(f.shop.get("/v1/orders/ord_0195500000007000800000000000000b/history", "auditor").status == 404);
    const auto cancelled = f.shop.post("/v1/orders/" + f.order + "/cancel", "", "admin");
    REQUIRE(cancelled.status == 200);
    const Shop::Fields newest = {{"granary-min-position", cancelled.header("granary-position")}};
    const auto first = f.shop.get("/v1/orders/" + f.order + "/history?limit=1", "auditor", newest);
    CHECK(first.member("data") == R"([{"event":"order_placed"}])");
    const auto second = f.shop.get("/v1/orders/" + f.order + "/history?limit=1&cursor=" + first.member("next_cursor"), "admin", newest);
    CHECK(second.member("data") == R"([{"event":"order_cancelled"}])");
    CHECK(second.member("has_more") == "false");
    CHECK(f.recorded().back() == "getOrderHistory /v1/orders/" + f.order + "/history 200");
    const std::string position = cancelled.header("granary-position");
    const std::string before = position.substr(0, position.find(':') + 1) + std::to_string(std::stoi(position.substr(position.find(':') + 1)) - 1);
    CHECK(f.shop.get("/v1/orders/" + f.order + "/history?as_of=" + before, "auditor", newest).member("data") == R"([{"event":"order_placed"}])");
    CHECK(f.shop.get("/v1/orders/" + f.order + "/history?as_of=" + position, "auditor", newest).body.contains("order_cancelled"));
    CHECK(f.shop.get("/v1/orders/" + f.order + "/history?as_of=2010-12-01T08:26:00Z", "auditor", newest).member("data") == "[]");
    for (const std::string wrong : {"63:1", "yesterday", ""}) {
        const auto refused = f.shop.get("/v1/orders/" + f.order + "/history?as_of=" + wrong, "auditor");
        CHECK(refused.status == 400);
        CHECK(refused.body.contains("as_of must be a position of the order's partition"));
    }
    f.shop.history_events_max = 0;
    const auto too_long = f.shop.get("/v1/orders/" + f.order + "/history", "auditor");
    CHECK(too_long.status == 422);
    CHECK(too_long.body.contains("granary history"));
}

TEST_CASE("staff and auditors see what became of an order between two moments, and nobody else does") {
    Fixture f;
    const std::string changes = "/v1/orders/" + f.order + "/history/changes";
    const auto cancelled = f.shop.post("/v1/orders/" + f.order + "/cancel", "", "admin");
    const Shop::Fields newest = {{"granary-min-position", cancelled.header("granary-position")}};
    CHECK(f.shop.get(changes + "?from=2010-12-01T08:26:00Z", "auditor", newest).body == R"({"commits":[0,2]})");
    CHECK(f.shop.get(changes + "?from=" + cancelled.header("granary-position") + "&to=2010-12-01T08:26:00Z", "admin", newest).body == R"({"commits":[2,0]})");
    CHECK(f.recorded().back() == "getOrderChanges " + changes + " 200");
    CHECK(f.shop.get(changes + "?from=2010-12-01T08:26:00Z", "customer").status == 403);
    CHECK(f.shop.get(changes, "auditor").body.contains("from is missing"));
    CHECK(f.shop.get(changes + "?from=yesterday", "auditor").status == 400);
    CHECK(f.shop.get(changes + "?from=2010-12-01T08:26:00Z&to=tomorrow", "auditor").body.contains("to must be"));
    CHECK(f.shop.get("/v1/orders/ord_0195500000007000800000000000000b/history/changes?from=2010-12-01T08:26:00Z", "auditor").status == 404);
    f.shop.history_events_max = 0;
    CHECK(f.shop.get(changes + "?from=2010-12-01T08:26:00Z", "auditor").status == 422);
}
