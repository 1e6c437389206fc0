// Callbacks of the houses: signed, tried again, in any order and twice, bounded, and kept over a restart.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "tests/tools/house/house_fixture.hpp"

using namespace granary;
using namespace granary::tests;

namespace {

// So many payments, authorized and captured.
void pay(ports::PaymentProvider& provider, std::uint64_t count) {
    for (std::uint64_t n = 1; n <= count; ++n) {
        REQUIRE(authorize(provider, payment(n), "tok_accept").has_value());
        REQUIRE(capture(provider, payment(n)).has_value());
    }
}

std::map<std::string, std::size_t> times_by_event(const std::vector<Callback>& callbacks) {
    std::map<std::string, std::size_t> times;
    for (const auto& callback : callbacks) ++times[callback.event_id];
    return times;
}

}  // namespace

TEST_CASE("every change is told, in the words of docs/callbacks.md, with a good signature") {
    World world;
    const auto house = world.payment_house();
    const auto provider = world.provider(*house);
    pay(*provider, 1);
    REQUIRE(refund(*provider, payment(1), refund_id(1), 5).has_value());
    REQUIRE(authorize(*provider, payment(2), "tok_decline").has_value());
    REQUIRE(authorize(*provider, payment(3), "tok_accept").has_value());
    REQUIRE(cancel(*provider, payment(3)).has_value());
    std::map<std::string, std::string> by_type;
    for (const auto& callback : world.receiver.wait_for(6)) by_type[callback.type] = callback.body;
    const std::string amount = R"("amount":{"amount":1999,"currency":"GBP"})";
    const std::string ids = R"("payment_id":")" + text_of(payment(1)) + R"(","order_id":")" + text_of(order(1)) + '"';
    CHECK(by_type.at("payment.authorized").find(amount + R"(,"reference":"hp_auth_)") != std::string::npos);
    CHECK(by_type.at("payment.captured").find(ids + "," + amount + "}") != std::string::npos);
    CHECK(by_type.at("payment.refunded").find(ids + R"(,"refund_id":")" + text_of(refund_id(1)) + R"(","amount":{"amount":5,)") != std::string::npos);
    CHECK(by_type.at("payment.declined").ends_with(R"("reason":"card_declined"})"));
    CHECK(by_type.at("payment.voided").ends_with('"' + text_of(order(1)) + R"("})"));
    CHECK(by_type.at("payment.voided").starts_with(R"({"event_id":"hp_evt_)"));
    CHECK(world.receiver.badly_signed() == 0);
}

TEST_CASE("a house that lost its books never gives two events one id") {
    std::map<std::string, std::size_t> times;
    for (const std::uint64_t first : {1U, 2U}) {
        World world;
        const auto house = world.payment_house();
        const auto provider = world.provider(*house);
        REQUIRE(authorize(*provider, payment(first), "tok_accept").has_value());
        for (const auto& callback : world.receiver.wait_for(1)) ++times[callback.event_id];
    }
    CHECK(times.size() == 2);
}

TEST_CASE("nothing is told of a repeated or refused call") {
    World world;
    const auto house = world.payment_house();
    const auto provider = world.provider(*house);
    REQUIRE(cancel(*provider, payment(9)).has_value());
    pay(*provider, 1);
    pay(*provider, 1);
    REQUIRE(refund(*provider, payment(1), refund_id(1), 5000).has_value());
    REQUIRE(cancel(*provider, payment(1)).has_value());
    REQUIRE(authorize(*provider, payment(2), "tok_decline").has_value());
    world.receiver.wait_for(3);
    CHECK(eventually([&] { return house->counts().callbacks_waiting == 0; }));
    CHECK(world.receiver.accepted().size() == 3);
}

TEST_CASE("a callback is sent again until it is accepted, and a wrong secret is never accepted") {
    World world;
    auto options = world.options();
    options.callbacks.attempts_max = 3;
    options.callbacks.secret = "another secret";
    const auto strange = world.payment_house({.house = options});
    REQUIRE(authorize(*world.provider(*strange), payment(1), "tok_accept").has_value());
    CHECK(eventually([&] { return strange->counts().callbacks_given_up == 1; }));
    CHECK(world.receiver.badly_signed() == 3);
    CHECK(strange->counts().callbacks_waiting == 0);
    strange->stop();
    world.receiver.refuse(3, 503);
    const auto house = world.payment_house();
    REQUIRE(authorize(*world.provider(*house), payment(2), "tok_accept").has_value());
    world.receiver.wait_for(1);
    CHECK(eventually([&] { return house->counts().callbacks_accepted == 1; }));
    CHECK(house->counts().callbacks_sent == 4);
}

TEST_CASE("a callback that is refused for good is not sent again") {
    World world;
    const auto house = world.payment_house();
    world.receiver.refuse(1, 404);
    REQUIRE(authorize(*world.provider(*house), payment(1), "tok_accept").has_value());
    CHECK(eventually([&] { return house->counts().callbacks_given_up == 1; }));
    CHECK(house->counts().callbacks_sent == 1);
    CHECK(house->counts().callbacks_waiting == 0);
}

TEST_CASE("of several that may be told, one that is down only delays") {
    World world;
    auto options = world.options();
    options.callbacks.urls.insert(options.callbacks.urls.begin(), [] { return CallbackReceiver().url(); }());
    const auto house = world.payment_house({.house = options});
    const auto provider = world.provider(*house);
    pay(*provider, 1);
    pay(*provider, 2);
    CHECK(times_by_event(world.receiver.wait_for(4)).size() == 4);
    CHECK(eventually([&] { return house->counts().callbacks_waiting == 0; }));
    CHECK(house->counts().callbacks_sent > 4);
    CHECK(house->counts().callbacks_given_up == 0);
}

TEST_CASE("callbacks wait for somebody to tell, over a restart too, and the book is kept") {
    World world;
    {
        const auto house = world.payment_house({.house = world.options(false)});
        const auto provider = world.provider(*house);
        pay(*provider, 5);
        CHECK(house->counts().callbacks_waiting == 10);
    }
    CHECK(world.receiver.accepted().empty());
    const auto house = world.payment_house({.house = world.options(false)});
    CHECK(house->counts().callbacks_waiting == 10);
    const auto provider = world.provider(*house);
    const Paid found = find(*provider, payment(3));
    REQUIRE(found.has_value());
    CHECK(found->status == ports::ProviderStatus::captured);
    house->set_callback_url(world.receiver.url());
    world.receiver.wait_for(10);
    REQUIRE(authorize(*provider, payment(6), "tok_accept").has_value());
    const auto times = times_by_event(world.receiver.wait_for(11));
    CHECK(times.size() == 11);  // no event id was given twice over the restart
}

TEST_CASE("a decision that was due while the house was away is made when it is back") {
    World world;
    auto options = house::PaymentHouseOptions{.house = world.options()};
    {
        auto slow = options;
        slow.late_delay = milliseconds(1);
        const auto house = world.payment_house(slow);
        world.receiver.refuse(1000, 503);
        REQUIRE_FALSE(authorize(*world.provider(*house), payment(1), "tok_late").has_value());
    }
    world.receiver.refuse(0, 503);
    const auto house = world.payment_house(options);
    const auto callbacks = world.receiver.wait_for(1);
    CHECK(callbacks[0].type == "payment.authorized");
}

TEST_CASE("shuffled and doubled: each comes at least once, some twice, not in the order of events") {
    World world;
    auto options = world.options();
    options.callbacks.shuffle_window = milliseconds(200);
    options.callbacks.duplicate_one_in = 3;
    options.callbacks.seed = 42;
    const auto house = world.payment_house({.house = options});
    pay(*world.provider(*house), 30);
    CHECK(eventually([&] { return house->counts().callbacks_waiting == 0; }));
    const auto callbacks = world.receiver.accepted();
    const auto times = times_by_event(callbacks);
    CHECK(times.size() == 60);
    CHECK(std::ranges::any_of(times, [](const auto& entry) { return entry.second == 2; }));
    CHECK(std::ranges::all_of(times, [](const auto& entry) { return entry.second <= 2; }));
    CHECK_FALSE(std::ranges::is_sorted(callbacks, {}, &Callback::event_id));
    CHECK(house->counts().callbacks_given_up == 0);
}

TEST_CASE("a repetition is the same bytes") {
    World world;
    auto options = world.options();
    options.callbacks.duplicate_one_in = 1;
    const auto house = world.payment_house({.house = options});
    pay(*world.provider(*house), 3);
    std::map<std::string, std::set<std::string>> bodies;
    for (const auto& callback : world.receiver.wait_for(12)) bodies[callback.event_id].insert(callback.body);
    CHECK(bodies.size() == 6);
    CHECK(std::ranges::all_of(bodies, [](const auto& entry) { return entry.second.size() == 1; }));
}

TEST_CASE("when too many callbacks wait, nothing is done that makes one, and that is certain") {
    World world;
    auto options = world.options(false);
    options.callbacks.waiting_max = 2;
    const auto house = world.payment_house({.house = options});
    const auto provider = world.provider(*house);
    pay(*provider, 1);
    const Paid refused = authorize(*provider, payment(2), "tok_accept");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == FaultCode::unavailable);
    CHECK(find(*provider, payment(2))->status == ports::ProviderStatus::unknown_key);
    house->set_callback_url(world.receiver.url());
    CHECK(eventually([&] { return authorize(*provider, payment(2), "tok_accept").has_value(); }));
}

TEST_CASE("what a caller was told in its answer need not be told again") {
    World world;
    auto options = world.options();
    options.callbacks.of_answered_calls = false;
    const auto house = world.payment_house({.house = options});
    const auto provider = world.provider(*house);
    pay(*provider, 1);
    REQUIRE_FALSE(authorize(*provider, payment(2), "tok_lost_answer").has_value());
    REQUIRE_FALSE(authorize(*provider, payment(3), "tok_late").has_value());
    world.receiver.wait_for(2);
    CHECK(eventually([&] { return house->counts().callbacks_waiting == 0; }));
    CHECK(world.receiver.accepted().size() == 2);
}
