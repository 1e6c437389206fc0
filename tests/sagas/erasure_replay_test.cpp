// Recorded erasures held against today's code: the same steps under the same ids agree, and the first that is another is named.
#include "sagas/runtime/erasure_replay.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/privacy_limits.hpp"
#include "sagas/runtime/customer_erasures.hpp"

namespace granary::sagas {
namespace {

using Kind = Divergence::Kind;

const CustomerId ann{{1, 2}};
const OrderId guest_order{{5, 6}};

struct Recorded {
    Position position;
    Commit commit;
};

// What stands in a partition after a runner of today's code has worked there.
class Log {
  public:
    explicit Log(ErasureSubject subject = {{ann.value}, ann, {}}) : subject_(subject) {}

    Log& request(bool despite_orders = false) {
        if (subject_.customer.is_nil()) {
            orders::BuyerErasureRequestedT event;
            event.order_id = subject_.order;
            event.despite_orders = despite_orders;
            return by("key_clerk", orders::Event{event}, {{7, ++number_}}, {});
        }
        customers::ErasureRequestedT event;
        event.customer_id = subject_.customer;
        event.despite_orders = despite_orders;
        return by("key_clerk", customers::Event{event}, {{7, ++number_}}, {});
    }
    Log& found(std::uint32_t under_way) {
        customer_erasure::OrdersFoundT event{.person = subject_.person, .customer = subject_.customer, .order = subject_.order, .orders_under_way = under_way};
        return by_saga(customer_erasure::Event{event}, record_id_of(state, record_of(state, under_way)));
    }
    Log& destroyed() { return by_saga(customer_erasure::Event{customer_erasure::KeyDestroyedT{.person = subject_.person, .customer = subject_.customer, .order = subject_.order}}, record_id_of(state, record_of(state, 0))); }
    Log& erased() {
        const auto id = record_id_of(state, record_of(state, 0));
        if (subject_.customer.is_nil()) return by_saga(orders::Event{orders::BuyerErasedT{.order_id = subject_.order, .orders_under_way = state.orders_under_way}}, id);
        return by_saga(customers::Event{customers::CustomerErasedT{.customer_id = subject_.customer, .orders_under_way = state.orders_under_way}}, id);
    }
    Log& parked(std::string reason) {
        customer_erasure::ErasureParkedT event{.person = subject_.person, .customer = subject_.customer, .order = subject_.order, .step = state.step, .reason = std::move(reason)};
        return by_saga(customer_erasure::Event{event}, park_id_of(state, state.parks));
    }
    Log& retried() { return by("key_operator", customer_erasure::Event{customer_erasure::ErasureRetriedT{.person = subject_.person, .customer = subject_.customer, .order = subject_.order, .reason = {}}}, {{8, ++number_}}, {}); }
    Log& later(Duration time) {
        now_ = now_ + time;
        return *this;
    }

    std::vector<Recorded> records;
    ErasureStateT state;

  private:
    Log& by_saga(Event event, CommandId id) { return by(erasure_actor, std::move(event), id, state.cause); }
    Log& by(std::string_view actor, Event event, CommandId id, EventId cause) {
        now_ = now_ + seconds(1);
        Commit commit;
        commit.meta.command_id = id;
        commit.meta.actor = actor;
        commit.meta.causation = cause;
        commit.meta.correlation = {{9, 9}};
        commit.meta.time = now_;
        commit.events.push_back({std::move(event), now_});
        react(state, {commit.events.front().event, event_id(id, 0), id, now_, commit.meta.correlation, {}});
        records.push_back({{{0}, {static_cast<std::int64_t>(records.size())}}, std::move(commit)});
        return *this;
    }

    ErasureSubject subject_;
    Time now_{1'700'000'000'000'000};
    std::uint64_t number_ = 0;
};

struct Outcome {
    ReplayCounts counts;
    std::vector<Divergence> divergences;
    std::vector<ReplayedStep> steps;
};

Outcome replay(const Log& log, bool at_rest = false, std::optional<PersonId> only = std::nullopt) {
    Outcome outcome;
    ErasureReplay replay(only);
    replay.visit_steps([&](ReplayedStep step) { outcome.steps.push_back(std::move(step)); });
    for (const auto& [position, commit] : log.records) replay.fold(position, commit);
    replay.finish(at_rest);
    outcome.counts = replay.counts();
    outcome.divergences = replay.take_divergences();
    return outcome;
}

Log whole() {
    Log log;
    log.request().found(2).later(limits::erasure_look_min).found(0).destroyed().erased();
    return log;
}

}  // namespace

TEST_CASE("an erasure that today's code ran agrees with it, of a customer and of an order without one") {
    for (const auto& subject : {ErasureSubject{{ann.value}, ann, {}}, ErasureSubject{{guest_order.value}, {}, guest_order}}) {
        Log log(subject);
        log.request().found(2).later(limits::erasure_look_min).found(0).destroyed().erased();
        const auto outcome = replay(log, true);
        CHECK(outcome.divergences.empty());
        CHECK(outcome.counts.sagas == 1);
        CHECK(outcome.counts.steps == 5);
        CHECK(outcome.counts.decisions == 4);
        CHECK(outcome.counts.live == 0);
    }
}

TEST_CASE("each step says what today's code asks for then, and from when on") {
    const auto outcome = replay(whole());
    REQUIRE(outcome.steps.size() == 5);
    CHECK(outcome.steps[0].asks == std::vector<std::string>{"find_orders"});
    CHECK(outcome.steps[0].timers.empty());
    CHECK(outcome.steps[1].timers.size() == 1);
    CHECK(outcome.steps[2].asks == std::vector<std::string>{"destroy_key"});
    CHECK(outcome.steps[3].asks == std::vector<std::string>{"record_erased"});
    CHECK(outcome.steps[4].asks.empty());
    CHECK(outcome.steps[4].phase == "erased");
}

TEST_CASE("a decision with another id, cause, correlation or content is named, and nothing behind it is compared") {
    for (const std::size_t at : {1U, 2U, 3U, 4U}) {
        const auto changed = [&](const auto& change) {
            auto log = whole();
            change(log.records[at].commit);
            const auto outcome = replay(log);
            REQUIRE(outcome.divergences.size() == 1);
            CHECK(outcome.counts.diverged == 1);
            CHECK(outcome.divergences.front().position == log.records[at].position);
            CHECK(outcome.divergences.front().step == at);
            CHECK(id_text(outcome.divergences.front()) == text_of(ann));
            return outcome.divergences.front();
        };
        CHECK(changed([](Commit& c) { c.meta.command_id = {{77, 77}}; }).kind == Kind::not_asked);
        CHECK(changed([](Commit& c) { c.meta.causation = {{77, 77}}; }).today.ends_with("other causation"));
        CHECK(changed([](Commit& c) { c.meta.correlation = {{77, 77}}; }).today.ends_with("other correlation"));
    }
    auto log = whole();
    std::get<customers::CustomerErasedT>(std::get<customers::Event>(log.records[4].commit.events.front().event)).orders_under_way = 3;
    const auto outcome = replay(log);
    REQUIRE(outcome.divergences.size() == 1);
    CHECK(outcome.divergences.front().kind == Kind::differs);
    CHECK(outcome.divergences.front().recorded.contains(R"("orders_under_way":3)"));
    CHECK(outcome.divergences.front().today.contains(R"(record_erased {"customer_id":"cus_00000000000000010000000000000002","orders_under_way":0})"));
}

TEST_CASE("a key that was destroyed while today's code would have waited is a divergence, and so is an erasure that nobody asked for") {
    auto log = whole();
    auto& look = std::get<customer_erasure::OrdersFoundT>(std::get<customer_erasure::Event>(log.records[2].commit.events.front().event));
    look.orders_under_way = 1;
    const auto waiting = replay(log);
    REQUIRE(waiting.divergences.size() == 1);
    CHECK(waiting.divergences.front().position == log.records[3].position);
    CHECK(waiting.divergences.front().kind == Kind::not_asked);
    CHECK(waiting.divergences.front().today.contains("asks for find_orders, from "));

    log = whole();
    log.records.erase(log.records.begin());
    const auto unasked = replay(log);
    REQUIRE(unasked.divergences.size() == 1);
    CHECK(unasked.divergences.front().kind == Kind::no_saga);
}

TEST_CASE("parked and retried; and what was on its way when somebody did not want to wait any longer") {
    Log log;
    log.request().parked("the key store is away").retried().parked("still").retried().found(1).request(true);
    CHECK(replay(log).divergences.empty());
    log.found(1).destroyed().erased();
    CHECK(replay(log, true).divergences.empty());
    auto other = log;
    std::get<customer_erasure::ErasureParkedT>(std::get<customer_erasure::Event>(other.records[1].commit.events.front().event)).step = customer_erasure::Step::destroy_key;
    CHECK(replay(other).divergences.front().kind == Kind::differs);

    // The record of the first look arrives behind the second request.
    Log crossed;
    crossed.request();
    Log first = crossed;
    first.found(1);
    crossed.request(true);
    auto late = first.records.back();
    late.position = {{0}, {2}};
    crossed.records.push_back(late);
    CHECK(replay(crossed).divergences.empty());
}

TEST_CASE("at rest nothing may be open but the waiting for orders") {
    Log log;
    log.request();
    CHECK(replay(log).divergences.empty());
    CHECK(replay(log).counts.open == 1);
    const auto asked = replay(log, true);
    REQUIRE(asked.divergences.size() == 1);
    CHECK(asked.divergences.front().kind == Kind::unanswered);
    CHECK(asked.divergences.front().position == log.records.front().position);
    log.found(1);
    CHECK(replay(log, true).divergences.empty());
    CHECK(replay(log, true).counts.live == 1);
    log.found(0);
    CHECK(replay(log, true).counts.diverged == 1);
    log.parked("away");
    CHECK(replay(log, true).divergences.empty());
}

TEST_CASE("what comes after the end is counted only, and another person's erasure is left out where one is asked for") {
    auto log = whole();
    auto again = log.records[3];
    again.position = {{0}, {9}};
    log.records.push_back(again);
    CHECK(replay(log).divergences.empty());
    CHECK(replay(log).counts.late == 1);
    CHECK(replay(log, false, PersonId{{3, 4}}).counts.sagas == 0);
    CHECK(replay(log, false, PersonId{ann.value}).counts.sagas == 1);
}

}  // namespace granary::sagas
