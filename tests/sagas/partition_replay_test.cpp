// The replay over histories that real runners made: it agrees with all of them, and finds every planted difference where it stands.
#include "sagas/runtime/partition_replay.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <type_traits>

#include "core/limits.hpp"
#include "sagas/runtime/replay_limits.hpp"
#include "tests/sagas/shop.hpp"

namespace granary::sagas::test {
namespace {

using Kind = Divergence::Kind;

struct Recorded {
    Position position;
    Commit commit;
};

// Every commit of the shop's log, partition by partition.
std::vector<Recorded> history_of(Shop& shop) {
    std::vector<Recorded> history;
    for (std::uint32_t number = 0; number < shop.log.identity().partitions; ++number) {
        auto reader = ChainReader::open(shop.log, {number}, std::nullopt);
        REQUIRE(reader.has_value());
        while (true) {
            auto records = reader->read(limits::log_read_bytes_max);
            REQUIRE(records.has_value());
            if (records->empty()) break;
            for (auto& record : *records) history.push_back({record.position, std::get<Commit>(std::move(record.entry))});
        }
    }
    return history;
}

struct Outcome {
    ReplayCounts counts;
    std::vector<Divergence> divergences;
    std::vector<ReplayedStep> steps;
    std::size_t live_max = 0;
};

Outcome replay(const std::vector<Recorded>& history, bool at_rest, std::optional<OrderId> only = std::nullopt) {
    Outcome outcome;
    std::uint32_t partitions = 0;
    for (const auto& item : history) partitions = std::max(partitions, item.position.partition.number + 1);
    for (std::uint32_t number = 0; number < partitions; ++number) {
        PartitionReplay replay(only);
        replay.visit_steps([&](ReplayedStep step) { outcome.steps.push_back(std::move(step)); });
        for (const auto& item : history) {
            if (item.position.partition.number != number) continue;
            replay.fold(item.position, item.commit);
            outcome.live_max = std::max(outcome.live_max, replay.live());
        }
        replay.finish(at_rest);
        outcome.counts += replay.counts();
        for (auto& divergence : replay.take_divergences()) outcome.divergences.push_back(std::move(divergence));
    }
    return outcome;
}

void check_agrees(Shop& shop, std::uint64_t sagas) {
    const auto outcome = replay(history_of(shop), true);
    for (const auto& divergence : outcome.divergences) {
        const std::string words = std::string(name_of(divergence.kind)) + " at " + text_of(divergence.position) + ": " + divergence.recorded + "; today " + divergence.today;
        FAIL_CHECK(words);
    }
    CHECK(outcome.counts.diverged == 0);
    CHECK(outcome.counts.sagas == sagas);
    CHECK(outcome.counts.decisions > sagas);
    CHECK(outcome.counts.open == 0);
    CHECK(outcome.counts.late == 0);
}

// Delivered, declined, sold out; over all partitions.
std::uint64_t trade(Shop& shop) {
    shop.stock("A", 8);
    shop.stock("B", 100);
    for (std::uint64_t i = 1; i <= 6; ++i) shop.place(i, {{"A", 2}, {"B", 1}}, i == 3 ? "tok_decline" : "tok_ok");
    return 6;
}

template <class E>
bool is(const Recorded& item) {
    const auto& event = item.commit.events.front().event;
    return std::visit([](const auto& context) { return std::visit([](const auto& e) { return std::is_same_v<std::decay_t<decltype(e)>, E>; }, context); }, event);
}

template <class E>
E& event_in(Recorded& item) {
    const auto pointer = [](auto& event) -> E* {
        if constexpr (std::is_same_v<std::decay_t<decltype(event)>, E>) return &event;
        else return nullptr;
    };
    E* found = std::visit([&](auto& context) { return std::visit(pointer, context); }, item.commit.events.front().event);
    REQUIRE(found != nullptr);
    return *found;
}

template <class E>
Recorded& first_of_saga(std::vector<Recorded>& history) {
    const auto found = std::ranges::find_if(history, [](const Recorded& item) { return is<E>(item) && item.commit.meta.actor == runner_actor; });
    REQUIRE(found != history.end());
    return *found;
}

// One saga parts, at this very commit, with that field named; all others agree.
void check_found(const std::vector<Recorded>& history, const Recorded& changed, Kind kind, const std::string& named) {
    const auto outcome = replay(history, false);
    REQUIRE(outcome.divergences.size() == 1);
    const auto& found = outcome.divergences.front();
    CHECK(found.position == changed.position);
    CHECK(found.kind == kind);
    CHECK(found.time == changed.commit.meta.time);
    CHECK(found.order == order_of(changed.commit.events.front().event));
    CHECK_MESSAGE(found.today.find(named) != std::string::npos, found.today);
    CHECK(found.recorded.find(granary::name_of(changed.commit.events.front().event)) != std::string::npos);
    CHECK(outcome.counts.diverged == 1);
}

// Changes the first such event that the saga itself caused.
template <class E>
void plant(Kind kind, const std::string& named, const std::function<void(Recorded&)>& change) {
    CAPTURE(named);
    Shop shop(1);
    trade(shop);
    shop.settle();
    auto history = history_of(shop);
    auto& item = first_of_saga<E>(history);
    change(item);
    check_found(history, item, kind, named);
}

template <class E, class Change>
void plant_in_event(const std::string& named, Change change) {
    plant<E>(Kind::differs, "other " + named, [&](Recorded& item) { change(event_in<E>(item)); });
}

void submit(Shop& shop, Command command) { REQUIRE(shop.submit(std::move(command)).outcome == ports::CommandOutcome::accepted); }

}  // namespace

TEST_CASE("a shop at rest agrees with the code that ran it, and only live sagas are held") {
    Shop shop;
    const auto orders = trade(shop);
    shop.settle();
    check_agrees(shop, orders);
    const auto outcome = replay(history_of(shop), true);
    CHECK(outcome.counts.steps == outcome.steps.size());
    CHECK(outcome.counts.live == 0);
    CHECK(outcome.live_max <= orders);

    Shop one_by_one(1);
    one_by_one.stock("B", 100);
    for (std::uint64_t i = 1; i <= 40; ++i) {
        one_by_one.place(i, {{"B", 1}});
        one_by_one.settle();
    }
    check_agrees(one_by_one, 40);
    CHECK(replay(history_of(one_by_one), true).live_max == 1);
}

TEST_CASE("whatever is lost, late or restarted, the replay agrees") {
    for (const bool keep_store : {true, false}) {
        for (int kill_after = 1; kill_after <= 60; kill_after += 3) {
            CAPTURE(keep_store);
            CAPTURE(kill_after);
            Shop shop(2);
            const auto orders = trade(shop);
            for (int i = 0; i < kill_after; ++i) shop.round();
            shop.restart(keep_store);
            shop.settle();
            check_agrees(shop, orders);
        }
    }
    for (const Fate what : {Fate::lost_answer, Fate::silent, Fate::unavailable}) {
        for (const char* step : {"reserve_stock", "start_payment", "authorize", "record_authorized", "commit_reservation", "request_capture", "capture", "record_captured", "mark_paid",
                                 "create_shipment", "book", "record_booked", "record_answer", "mark_packed", "mark_shipped", "mark_delivered", "release_reservation", "fail_order"}) {
            CAPTURE(step);
            Shop shop(2);
            int times = 2;
            shop.fate = [&](const Outgoing& outgoing) { return name_of(outgoing) == step && times-- > 0 ? what : Fate::done; };
            const auto orders = trade(shop);
            shop.settle();
            check_agrees(shop, orders);
        }
    }
}

TEST_CASE("cancellations, refunds after the end, timers and lost callbacks agree") {
    Shop shop(2);
    const auto pass = [&](Duration time) {
        shop.now = shop.now + time;
        shop.settle();
    };
    shop.stock("A", 100);
    shop.callbacks_lost = true;
    const auto delivered = shop.place(1, {{"A", 1}});
    shop.settle();
    pass(limits::shipment_silence_max);
    shop.callbacks_lost = false;
    shop.carrier_moves = false;
    const auto cancelled = shop.place(2, {{"A", 1}});
    const auto unpaid = shop.place(3, {{"A", 1}}, "");
    shop.settle();
    granary::orders::CancelOrderT cancel;
    cancel.order_id = cancelled;
    submit(shop, granary::orders::Command(cancel));
    shop.settle();
    pass(limits::payment_time_limit);
    shop.carrier_moves = true;
    shop.settle();
    CHECK(shop.status(cancelled) == granary::orders::OrderStatus::cancelled);
    CHECK(shop.status(unpaid) == granary::orders::OrderStatus::failed);
    CHECK(shop.status(delivered) == granary::orders::OrderStatus::delivered);
    for (std::uint64_t number = 1; number <= 3; ++number) {
        payments::RequestRefundT refund;
        refund.order_id = delivered;
        refund.payment_id = payment_id_of(delivered, 1);
        refund.refund_id = {Uuid{20, number}};
        refund.amount = {10, currency("GBP")};
        submit(shop, payments::Command(refund));
        shop.settle();
    }
    CHECK(std::ranges::count(shop.sent, "refund") == 4);
    check_agrees(shop, 3);
}

TEST_CASE("parked by the runner, retried, skipped and compensated by an operator: the replay agrees") {
    for (int answer = 0; answer < 3; ++answer) {
        CAPTURE(answer);
        Shop shop(1);
        shop.stock("A", 5);
        bool away = true;
        shop.fate = [&](const Outgoing& outgoing) { return away && name_of(outgoing).ends_with("capture") && std::holds_alternative<PerformEffect>(outgoing) ? Fate::silent : Fate::done; };
        const auto order = shop.place(1, {{"A", 1}});
        shop.settle();
        REQUIRE(shop.total().parked == 1);
        const auto parked = replay(history_of(shop), true);
        CHECK(parked.counts.diverged == 0);
        CHECK(parked.counts.live == 1);
        away = false;
        order_fulfilment::RetryT retry;
        retry.order_id = order;
        order_fulfilment::SkipT skip;
        skip.order_id = order;
        skip.step = order_fulfilment::Step::capture;
        skip.reason = "captured by hand";
        order_fulfilment::CompensateT compensate;
        compensate.order_id = order;
        compensate.reason = "fraud";
        if (answer == 0) submit(shop, order_fulfilment::Command(retry));
        if (answer == 1) submit(shop, order_fulfilment::Command(skip));
        if (answer == 2) submit(shop, order_fulfilment::Command(compensate));
        shop.settle();
        const auto outcome = replay(history_of(shop), false);
        CHECK(outcome.counts.diverged == 0);
        CHECK(outcome.counts.decisions > 5);
    }
}

TEST_CASE("a decision with other contents than today's code gives it is named, with the field") {
    plant_in_event<payments::PaymentStartedT>("amount", [](auto& e) { e.amount.minor += 1; });
    plant_in_event<payments::PaymentStartedT>("payment_id", [](auto& e) { e.payment_id.value.lo ^= 1; });
    plant_in_event<payments::PaymentStartedT>("token", [](auto& e) { e.token += "x"; });
    plant_in_event<granary::orders::OrderPaidT>("amount", [](auto& e) { e.amount.minor -= 1; });
    plant_in_event<granary::orders::OrderShippedT>("tracking_number", [](auto& e) { e.tracking_number += "7"; });
    plant_in_event<granary::orders::OrderFailedT>("reason", [](auto& e) { e.reason = "payment_timeout"; });
    plant_in_event<delivery::ShipmentCreatedT>("pieces", [](auto& e) { e.pieces += 1; });
    plant_in_event<payments::PaymentAuthorizedT>("amount", [](auto& e) { e.amount.minor += 1; });
    plant_in_event<order_fulfilment::AnswerRecordedT>("sku", [](auto& e) { e.sku = Sku::from_stored("C"); });
    plant_in_event<order_fulfilment::AnswerRecordedT>("step", [](auto& e) { e.step = order_fulfilment::Step::release; });
    plant_in_event<order_fulfilment::AnswerRecordedT>("command", [](auto& e) { e.refusal += 1; });
}

TEST_CASE("a decision that today's code would not take is named, with what it does instead") {
    const auto change_id = [](Recorded& item) { item.commit.meta.command_id.value.lo ^= 1; };
    plant<payments::PaymentStartedT>(Kind::not_asked, "asks for start_payment", change_id);
    plant<payments::PaymentCapturedT>(Kind::not_asked, "asks for capture_payment", change_id);
    plant<granary::orders::OrderPaidT>(Kind::not_asked, "asks for mark_paid", change_id);
    plant<order_fulfilment::AnswerRecordedT>(Kind::not_asked, "asks for reserve_stock", [](Recorded& item) { event_in<order_fulfilment::AnswerRecordedT>(item).command_id.value.lo ^= 1; });
    plant<payments::PaymentStartedT>(Kind::differs, "other causation", [](Recorded& item) { item.commit.meta.causation.value.lo ^= 1; });
    plant<payments::PaymentStartedT>(Kind::differs, "other correlation", [](Recorded& item) { item.commit.meta.correlation.value.lo ^= 1; });
}

TEST_CASE("another event than the command leads to is named") {
    plant<granary::orders::OrderPaidT>(Kind::differs, "other event", [](Recorded& item) {
        granary::orders::OrderCancelledT other;
        other.order_id = event_in<granary::orders::OrderPaidT>(item).order_id;
        item.commit.events.front().event = granary::orders::Event(std::move(other));
    });
}

TEST_CASE("a timer that today's code sets for another moment is named") {
    Shop shop(1);
    shop.stock("A", 5);
    shop.place(1, {{"A", 1}}, "");
    shop.settle();
    shop.now = shop.now + limits::payment_time_limit;
    shop.settle();
    auto history = history_of(shop);
    auto& item = first_of_saga<order_fulfilment::TimerFiredT>(history);
    event_in<order_fulfilment::TimerFiredT>(item).due.unix_us += 1;
    check_found(history, item, Kind::not_asked, "has the timers");
}

TEST_CASE("without one of its inputs the code goes another way, which is found at the next decision") {
    Shop shop(1);
    trade(shop);
    shop.settle();
    auto history = history_of(shop);
    const auto declined = std::ranges::find_if(history, [](const Recorded& item) { return is<payments::PaymentDeclinedT>(item); });
    REQUIRE(declined != history.end());
    const auto order = order_of(declined->commit.events.front().event);
    history.erase(declined);
    const auto outcome = replay(history, false);
    REQUIRE(outcome.divergences.size() == 1);
    CHECK(outcome.divergences.front().order == order);
    CHECK(outcome.divergences.front().kind == Kind::not_asked);
    CHECK(outcome.divergences.front().today.find("authorize_payment") != std::string::npos);
}

TEST_CASE("what is asked for and never answered counts only where the shop is known to be at rest") {
    Shop shop(1);
    trade(shop);
    shop.settle();
    auto history = history_of(shop);
    // The last decision of the last order is missing.
    const auto last = std::find_if(history.rbegin(), history.rend(), [](const Recorded& item) { return is<granary::orders::OrderDeliveredT>(item); });
    REQUIRE(last != history.rend());
    const auto order = order_of(last->commit.events.front().event);
    const auto cause = last->commit.meta.causation;
    history.erase(std::next(last).base());
    const auto lenient = replay(history, false);
    CHECK(lenient.counts.diverged == 0);
    CHECK(lenient.counts.live == 1);
    CHECK(lenient.counts.open == 1);
    const auto strict = replay(history, true);
    REQUIRE(strict.divergences.size() == 1);
    const auto& found = strict.divergences.front();
    CHECK(found.kind == Kind::unanswered);
    CHECK(found.order == order);
    CHECK(found.recorded.empty());
    CHECK(found.today.find("mark_delivered") != std::string::npos);
    const auto asked_by = std::ranges::find(history, cause, [](const Recorded& item) { return event_id(item.commit.meta.command_id, 0); });
    REQUIRE(asked_by != history.end());
    CHECK(found.position == asked_by->position);
}

TEST_CASE("a decision for an order that was never placed is named; one of a saga that ended long ago is only counted") {
    Shop shop(1);
    const std::uint64_t orders = limits::replay_ended_recent_max + 2;
    shop.stock("B", static_cast<std::int64_t>(orders));
    for (std::uint64_t i = 1; i <= orders; ++i) shop.place(i, {{"B", 1}});
    shop.settle();
    auto history = history_of(shop);
    const auto end = history.back().position.offset;
    const auto again = [&](const Recorded& item, Offset offset) { return Recorded{{{0}, offset}, std::get<Commit>(*decode_body(encode_commit(item.commit)))}; };
    auto late = again(first_of_saga<granary::orders::OrderDeliveredT>(history), end.next());  // of the first one that ended
    auto strange = again(first_of_saga<granary::orders::OrderPaidT>(history), end.next().next());
    event_in<granary::orders::OrderPaidT>(strange).order_id = {Uuid{99, 99}};
    const auto strange_at = strange.position;
    history.push_back(std::move(late));
    history.push_back(std::move(strange));
    const auto outcome = replay(history, true);
    REQUIRE(outcome.divergences.size() == 1);
    CHECK(outcome.divergences.front().kind == Kind::no_saga);
    CHECK(outcome.divergences.front().position == strange_at);
    CHECK(outcome.counts.late == 1);
}

TEST_CASE("one order's saga is told step by step, with what today's code asks for at each") {
    Shop shop;
    trade(shop);
    shop.settle();
    const OrderId order{Uuid{10, 3}};  // declined
    const auto outcome = replay(history_of(shop), true, order);
    CHECK(outcome.counts.sagas == 1);
    REQUIRE(outcome.steps.size() > 5);
    CHECK(outcome.steps.front().event == "order_placed");
    CHECK(outcome.steps.front().asks == std::vector<std::string>{"reserve_stock A", "reserve_stock B"});
    CHECK(outcome.steps.back().phase == "compensated");
    const auto declined = std::ranges::find(outcome.steps, "payment_declined", &ReplayedStep::event);
    REQUIRE(declined != outcome.steps.end());
    CHECK(declined->asks == std::vector<std::string>{"release_reservation A", "release_reservation B"});
}

}  // namespace granary::sagas::test
