// What erasures are told of a person's orders and key, and that nobody is told anything once the desk is gone.
#include "query-side/queries/person_desk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tests/query-side/shop.hpp"

namespace granary::testing {
namespace {

using queries::PersonDesk;

constexpr PersonId somebody{{1, 2}};

// Holds no keys, and remembers whose were destroyed.
class ToyKeys final : public ports::KeyStore {
  public:
    Result<ports::SecretKey> create_person_key(PersonId) override { return ports::SecretKey{}; }
    Result<std::optional<ports::SecretKey>> person_key(PersonId) override { return std::optional<ports::SecretKey>(); }
    Status destroy_person_key(PersonId person) override {
        if (trouble) return std::unexpected(*trouble);
        destroyed.push_back(person);
        return {};
    }
    Result<std::optional<Time>> destroyed_at(PersonId person) override {
        if (std::ranges::find(destroyed, person) == destroyed.end()) return std::optional<Time>();
        return std::optional(Time{1});
    }
    Result<ports::SecretKey> secret(std::string_view) override { return ports::SecretKey{}; }

    std::vector<PersonId> destroyed;
    std::optional<Fault> trouble;
};

// A desk whose work aside waits until it is run.
struct Desk {
    explicit Desk(Shop& shop) : orders(shop.source()) {
        desk = std::make_unique<PersonDesk>(queries::PersonDeskOptions{keys, shop.freshness, orders, 4,
                                                                       [this](std::function<void()> work) {
                                                                           if (is_busy) return false;
                                                                           waiting.push_back(std::move(work));
                                                                           return true;
                                                                       },
                                                                       [this](const Fault& fault) { kept.push_back(fault.code); }});
    }
    void run() {
        for (const auto& work : std::exchange(waiting, {})) work();
    }
    Result<std::uint32_t> under_way(CustomerId customer, OrderId order) {
        std::optional<Result<std::uint32_t>> told;
        desk->orders_under_way(customer, order, [&](Result<std::uint32_t> answer) { told = std::move(answer); });
        run();
        REQUIRE(told.has_value());
        return *told;
    }
    template <class Ask>
    Status told_by(Ask ask) {
        std::optional<Status> told;
        ask([&](Status status) { told = std::move(status); });
        run();
        REQUIRE(told.has_value());
        return *told;
    }
    Status keep_destroyed() {
        return told_by([this](auto done) { desk->keep_destroyed(somebody, done); });
    }

    ToyKeys keys;
    queries::OrderQueries orders;
    std::vector<std::function<void()>> waiting;
    std::vector<FaultCode> kept;
    bool is_busy = false;
    std::unique_ptr<PersonDesk> desk;
};

TEST_CASE("orders under way are counted, of a customer or the one of somebody who is none") {
    Shop shop;
    for (std::uint64_t n = 0; n < 3; ++n) shop.put(order_id(n), placed(order_id(n), customer_id(1), {{"APPLE", 1, 100}}));
    shop.put(order_id(2), cancelled(order_id(2), "too late"));
    shop.put(order_id(7), placed(order_id(7), {}, {{"APPLE", 1, 100}}));
    Desk desk(shop);
    CHECK(*desk.under_way(customer_id(1), {}) == 2);
    CHECK(*desk.under_way(customer_id(2), {}) == 0);
    CHECK(*desk.under_way({}, order_id(7)) == 1);
    CHECK(*desk.under_way({}, order_id(2)) == 0);
    CHECK(*desk.under_way({}, order_id(8)) == 0);
}

TEST_CASE("views that are behind, a log that is silent and too much work are told as passing") {
    Shop shop;
    Desk desk(shop);
    const auto code = [&] { return desk.under_way(customer_id(1), {}).error().code; };
    shop.freshness.ends[3] = {5};
    CHECK(code() == FaultCode::unavailable);
    CHECK(shop.freshness.waited_for == std::vector<Position>{{{3}, {5}}});
    // Of an order, its own partition alone is waited for.
    std::uint64_t n = 0;
    while (desk.orders.partition(order_id(n)).number == 3) ++n;
    CHECK(desk.under_way({}, order_id(n)).has_value());
    shop.freshness.ends = shop.freshness.positions;
    shop.freshness.silent = true;
    CHECK(code() == FaultCode::unavailable);
    shop.freshness.silent = false;
    desk.is_busy = true;
    CHECK(code() == FaultCode::unavailable);
    CHECK(desk.told_by([&](auto done) { desk.desk->destroy_key(somebody, done); }).error().code == FaultCode::unavailable);
    CHECK(desk.keys.destroyed.empty());
}

TEST_CASE("a key is destroyed once, and again when a backup brought it back; who watches is told when that fails for good") {
    Shop shop;
    Desk desk(shop);
    CHECK(desk.told_by([&](auto done) { desk.desk->destroy_key(somebody, done); }).has_value());
    CHECK(desk.keep_destroyed().has_value());
    CHECK(desk.keys.destroyed.size() == 1);

    desk.keys.destroyed.clear();
    desk.keys.trouble = Fault{FaultCode::unavailable, "not now"};
    CHECK(desk.keep_destroyed().error().code == FaultCode::unavailable);
    CHECK(desk.kept.empty());
    desk.keys.trouble = Fault{FaultCode::corrupt, "the entry can't be read"};
    CHECK(desk.keep_destroyed().error().code == FaultCode::corrupt);
    CHECK(desk.kept == std::vector{FaultCode::corrupt});
    desk.keys.trouble.reset();
    CHECK(desk.keep_destroyed().has_value());
    CHECK(desk.keys.destroyed == std::vector{somebody});
}

TEST_CASE("what waits when the desk ends is never answered, and nothing is done") {
    Shop shop;
    Desk desk(shop);
    int told = 0;
    desk.desk->destroy_key(somebody, [&](const Status&) { ++told; });
    desk.desk->orders_under_way(customer_id(1), {}, [&](const Result<std::uint32_t>&) { ++told; });
    REQUIRE(desk.waiting.size() == 2);
    desk.desk.reset();
    desk.run();
    CHECK(told == 0);
    CHECK(desk.keys.destroyed.empty());
}

}  // namespace
}  // namespace granary::testing
