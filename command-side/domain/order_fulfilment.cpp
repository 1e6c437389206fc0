// Writes down what reached an order's saga; hardly anything is refused, for facts can't be argued with.
#include "command-side/domain/order_fulfilment.hpp"

#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/limits.hpp"

namespace granary::order_fulfilment {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

Objection check_step(Step step) {
    if (step > Step::none && step <= Step::MAX) return {};
    return Refusal{RefusalCode::invalid, "/step", "is no step of this process"};
}

Objection check_timer(Timer timer) {
    if (timer > Timer::none && timer <= Timer::MAX) return {};
    return Refusal{RefusalCode::invalid, "/timer", "is no timer of this process"};
}

Objection check_fields(const RecordAnswerT& c) { return domain::first_of(domain::check_id(c.command_id.value, "/command_id"), check_step(c.step)); }
Objection check_fields(const RecordTimerT& c) { return check_timer(c.timer); }
Objection check_fields(const ParkT& c) { return domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"); }
Objection check_fields(const RetryT& c) { return domain::check_text(c.reason, limits::reason_bytes_max, "/reason"); }
Objection check_fields(const SkipT& c) {
    return domain::first_of(check_step(c.step), domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"));
}
Objection check_fields(const CompensateT& c) { return domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"); }

template <class E>
Decision one(E event) {
    return std::vector<Event>{std::move(event)};
}

// Decides on a command whose own fields are in order.
struct Decider {
    const SagaStreamStateT& state;

    Decision not_parked() const { return refuse(RefusalCode::illegal_transition, "", "this instance is not parked, so there is nothing to go on with"); }

    Decision operator()(const RecordAnswerT& c) const {
        AnswerRecordedT event;
        event.order_id = c.order_id;
        event.command_id = c.command_id;
        event.step = c.step;
        event.sku = c.sku;
        event.accepted = c.accepted;
        event.refusal = c.refusal;
        return one(std::move(event));
    }
    Decision operator()(const RecordTimerT& c) const {
        TimerFiredT event;
        event.order_id = c.order_id;
        event.timer = c.timer;
        event.due = c.due;
        return one(std::move(event));
    }
    Decision operator()(const ParkT& c) const {
        if (state.parked) return std::vector<Event>();
        InstanceParkedT event;
        event.order_id = c.order_id;
        event.step = c.step;
        event.reason = c.reason;
        return one(std::move(event));
    }
    Decision operator()(const RetryT& c) const {
        if (!state.parked) return not_parked();
        InstanceRetriedT event;
        event.order_id = c.order_id;
        event.reason = c.reason;
        return one(std::move(event));
    }
    Decision operator()(const SkipT& c) const {
        if (!state.parked) return not_parked();
        StepSkippedT event;
        event.order_id = c.order_id;
        event.step = c.step;
        event.reason = c.reason;
        return one(std::move(event));
    }
    Decision operator()(const CompensateT& c) const {
        CompensationRequestedT event;
        event.order_id = c.order_id;
        event.reason = c.reason;
        return one(std::move(event));
    }
};

struct Folder {
    SagaStreamStateT& state;

    void operator()(const AnswerRecordedT&) const {}
    void operator()(const TimerFiredT&) const {}
    void operator()(const InstanceParkedT&) const { state.parked = true; }
    void operator()(const InstanceRetriedT&) const { state.parked = false; }
    void operator()(const StepSkippedT&) const { state.parked = false; }
    void operator()(const CompensationRequestedT&) const { state.parked = false; }
};

}  // namespace

std::expected<std::vector<Event>, Refusal> decide(const SagaStreamStateT& state, const Command& command, Time) {
    if (auto wrong = std::visit([](const auto& c) { return check_fields(c); }, command)) return std::unexpected(std::move(*wrong));
    return std::visit(Decider{state}, command);
}

void evolve(SagaStreamStateT& state, const Event& event) {
    state.order_id = std::visit([](const auto& e) { return e.order_id; }, event);
    state.exists = true;
    std::visit(Folder{state}, event);
}

}  // namespace granary::order_fulfilment
