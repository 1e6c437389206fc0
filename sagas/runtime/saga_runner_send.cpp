// From jobs to what is sent: commands, effects, and the records of their answers, all under ids that repeat themselves.
#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/mutants.hpp"
#include "sagas/runtime/outcomes.hpp"
#include "sagas/runtime/saga_runner.hpp"

namespace granary::sagas {
namespace {

// How long an instance's first try may wait for its turn before the timer looks again.
constexpr Duration timer_recheck = seconds(1);

order_fulfilment::Command timer_command(const tables::TimerKey& timer) {
    order_fulfilment::RecordTimerT command;
    command.order_id = timer.order;
    command.timer = timer.timer;
    command.due = timer.due;
    return command;
}

order_fulfilment::Command park_command(const Job& job) {
    order_fulfilment::ParkT command;
    command.order_id = job.order;
    command.step = job.step;
    command.reason = job.reason.empty() ? std::string("parked") : job.reason;
    return command;
}

order_fulfilment::Command answer_command(const FulfilmentStateT& state, const ActionT& action, const PlainAnswer& answer) {
    order_fulfilment::RecordAnswerT command;
    command.order_id = state.order_id;
    command.command_id = action.id;
    command.step = action.step;
    if (!is_of_own_partition(action) && action.index < state.lines.size()) command.sku = state.lines[action.index]->sku;
    command.accepted = answer.accepted;
    command.refusal = static_cast<std::uint16_t>(answer.refusal);
    return command;
}

Time time_of(const Job& job, const ActionT& action) {
    const auto* answer = std::get_if<PlainAnswer>(&job.answer);
    return answer == nullptr ? action.caused_at : std::max(answer->time, action.caused_at);
}

}  // namespace

Status SagaRunner::fire_timers() {
    if (auto refilled = timers_.refill(now_); !refilled) return refilled;
    // A runner that is behind does not know yet what made a timer pointless.
    if (!page_empty_) return {};
    while (const auto timer = timers_.take_due(now_)) {
        const auto found = cache_.find(timer->order);
        if (!found) return std::unexpected(found.error());
        if (*found == nullptr) continue;
        Job job;
        job.id = timer_job_id(*timer);
        job.order = timer->order;
        job.kind = Job::Kind::timer;
        job.timer = *timer;
        if (jobs_.find(job.id) != nullptr) continue;
        jobs_.add(std::move(job));
        ++(*found)->jobs;
    }
    return {};
}

Status SagaRunner::end_reservations(StepOutput& out, std::size_t budget) {
    // A runner that is behind may not know yet of those made since; there is no hurry.
    if (!page_empty_) return {};
    auto due = expiry_.take_due(now_, budget);
    if (!due) return std::unexpected(due.error());
    for (auto& expiry : *due) out.outgoing.emplace_back(SendCommand{expiry.job, 0, std::move(expiry.request)});
    return {};
}

Status SagaRunner::erase_persons(StepOutput& out, std::size_t budget) {
    // A runner that is behind does not know yet what was answered; there is no hurry.
    if (!page_empty_) return {};
    auto due = erasures_.take_due(now_, budget - std::min(budget, out.outgoing.size()));
    if (!due) return std::unexpected(due.error());
    for (auto& wish : *due) {
        if (auto* request = std::get_if<ports::CommandRequest>(&wish.what)) out.outgoing.emplace_back(SendCommand{wish.job, 0, std::move(*request)});
        else out.outgoing.emplace_back(std::get<PerformErasure>(wish.what));
    }
    return {};
}

Status SagaRunner::send_ready(StepOutput& out, std::size_t budget) {
    while (out.outgoing.size() < budget) {
        auto* job = jobs_.next_ready();
        if (job == nullptr) return {};
        const auto found = cache_.find(job->order);
        if (!found) return std::unexpected(found.error());
        if (*found == nullptr) {
            jobs_.erase(job->id);
            continue;
        }
        send(*job, **found, out);
    }
    return {};
}

bool SagaRunner::send(Job& job, Instance& instance, StepOutput& out) {
    if (job.kind == Job::Kind::timer) {
        if (postpone_timer(job, instance)) return false;
        send_command(job, instance, out, timer_command(job.timer), job.id, {}, job.timer.due);
        return true;
    }
    const auto* action = open_action(instance.state, job.id);
    if (action == nullptr && job.kind == Job::Kind::park) {
        send_command(job, instance, out, park_command(job), job.id, {}, {});
        return true;
    }
    if (action == nullptr) {
        drop_job(instance, job.id);
        return false;
    }
    if (auto record = record_of(job, instance, *action)) {
        // What was answered is part of the id: after a crash the same question may get another answer.
        std::string label(name_of(*record));
        if (const auto* plain = std::get_if<PlainAnswer>(&job.answer)) label += std::to_string(static_cast<int>(plain->refusal));
        send_command(job, instance, out, std::move(*record), derived_id(job.id, label), action->cause, time_of(job, *action));
        return true;
    }
    if (!std::exchange(job.ever_sent, true)) instance.last_first_sent = now_;
    if (!job.effect) {
        send_command(job, instance, out, command_of(instance.state, *action), job.id, action->cause, action->caused_at);
        return true;
    }
    jobs_.mark_asked(job, now_ + limits::saga_answer_timeout);
    PerformEffect effect{job.id, ++job.round, effect_of(instance.state, *action), job.order, job.find, nullptr};
    auto* refund = std::get_if<RefundPayment>(&effect.effect);
    if (GRANARY_MUTANT(refund_key_per_try) && refund != nullptr) refund->refund.value.lo += job.round;
    if (instance.state.ship_to && std::holds_alternative<BookShipment>(effect.effect)) effect.ship_to = std::make_unique<wire::SealedT>(*instance.state.ship_to);
    out.outgoing.emplace_back(std::move(effect));
    return true;
}

// A timer starts with its own step. A step that waited for its turn here, behind a backlog, gets its whole time from when
// it first went out; nobody's order times out because others were before it.
bool SagaRunner::postpone_timer(Job& job, const Instance& instance) {
    if (instance.state.parked) return false;
    const auto setting = std::ranges::find_if(instance.state.timers, [&](const auto& t) { return t->timer == job.timer.timer && t->due == job.timer.due; });
    // Neither of these gives a step its time.
    const bool is_of_no_step = job.timer.timer == order_fulfilment::Timer::order || job.timer.timer == order_fulfilment::Timer::shipment;
    if (setting == instance.state.timers.end() || is_of_no_step) return false;
    const bool waits_for_turn = std::ranges::any_of(instance.state.open, [&](const auto& action) {
        const auto* other = jobs_.find(action->id);
        return other == nullptr || !other->ever_sent;  // without a job it waits to be begun
    });
    if (waits_for_turn) {
        jobs_.delay(job, now_ + timer_recheck);
        return true;
    }
    const Time due = instance.last_first_sent + ((*setting)->due - (*setting)->set_at);
    const bool under_way = !instance.state.open.empty();
    if (!under_way || job.timer.timer == order_fulfilment::Timer::retry || due <= now_) return false;
    jobs_.delay(job, due);
    return true;
}

void SagaRunner::send_command(Job& job, Instance& instance, StepOutput& out, Command command, CommandId id, EventId cause, Time not_before) {
    jobs_.mark_asked(job, now_ + limits::saga_answer_timeout);
    SendCommand sent;
    sent.job = job.id;
    sent.round = ++job.round;
    sent.request.command = std::move(command);
    sent.request.id = id;
    sent.request.correlation = instance.state.correlation;
    sent.request.causation = cause;
    sent.request.not_before = not_before;
    sent.request.actor = runner_actor;
    sent.request.background = true;
    sent.request.traceparent = instance.state.traceparent;
    out.outgoing.emplace_back(std::move(sent));
}

std::optional<Command> SagaRunner::record_of(const Job& job, const Instance& instance, const ActionT& action) const {
    if (const auto* plain = std::get_if<PlainAnswer>(&job.answer)) return answer_command(instance.state, action, *plain);
    if (const auto* provider = std::get_if<ports::ProviderAnswer>(&job.answer)) return outcome_of(effect_of(instance.state, action), job.order, *provider);
    if (const auto* carrier = std::get_if<ports::CarrierAnswer>(&job.answer)) return outcome_of(effect_of(instance.state, action), job.order, *carrier);
    return std::nullopt;
}

}  // namespace granary::sagas
