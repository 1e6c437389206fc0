// Jobs follow the state: one for each open action that parking does not hold back, and one for each timer that is due.
#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "sagas/runtime/saga_runner.hpp"

namespace granary::sagas {

void SagaRunner::add_action_job(Instance& instance, const ActionT& action) {
    if (jobs_.find(action.id) != nullptr) return;
    Job job;
    job.id = action.id;
    job.order = instance.state.order_id;
    job.kind = action.kind == ActionKind::park ? Job::Kind::park : Job::Kind::action;
    job.step = action.step;
    job.effect = action.kind == ActionKind::effect;
    job.own_partition = is_of_own_partition(action);
    jobs_.add(std::move(job));
    ++instance.jobs;
}

void SagaRunner::drop_job(Instance& instance, CommandId id) {
    if (jobs_.find(id) == nullptr) return;
    jobs_.erase(id);
    --instance.jobs;
}

// Of one instance, after parking changed or at the start.
void SagaRunner::sync_jobs(Instance& instance) {
    const auto& state = instance.state;
    for (const auto& action : state.open) {
        if (!state.parked || action->kind == ActionKind::park) {
            add_action_job(instance, *action);
        } else {
            drop_job(instance, action->id);
        }
    }
    drop_job(instance, instance.park_job);
    instance.park_job = {};
}

void SagaRunner::follow(Instance& instance, const Reaction& reaction, bool was_parked) {
    for (const CommandId id : reaction.closed) drop_job(instance, id);
    const auto& state = instance.state;
    if (state.parked != was_parked) return sync_jobs(instance);
    for (const CommandId id : reaction.opened) {
        const auto* action = open_action(state, id);
        if (action != nullptr && (!state.parked || action->kind == ActionKind::park)) add_action_job(instance, *action);
    }
}

void SagaRunner::follow_timers(Instance& instance, const std::vector<tables::TimerKey>& before) {
    const auto now = timers_of(instance.state);
    for (const auto& timer : before) {
        if (std::ranges::find(now, timer) != now.end()) continue;
        timers_.erase(timer);
        // It may have come due already and be on its way to be recorded.
        if (timer.due <= now_) drop_job(instance, timer_job_id(timer));
    }
    for (const auto& timer : now) {
        if (std::ranges::find(before, timer) == before.end()) timers_.put(timer);
    }
}

bool SagaRunner::must_wait() const {
    const bool others_wait = !waiting_.empty();
    return (others_wait || jobs_.busy() >= busy_max_) && waiting_.size() < bounds_.waiting_max;
}

Status SagaRunner::admit_waiting() {
    while (!waiting_.empty() && jobs_.busy() < busy_max_) {
        const auto found = cache_.find(waiting_.front());
        if (!found) return std::unexpected(found.error());
        waiting_.pop_front();
        // Ended or parked meanwhile, perhaps: its state says what is open.
        if (*found != nullptr) sync_jobs(**found);
    }
    return {};
}

CommandId timer_job_id(const tables::TimerKey& timer) {
    return derived_id({timer.order.value}, "timer " + std::to_string(static_cast<int>(timer.timer)) + " " + std::to_string(timer.due.unix_us));
}

}  // namespace granary::sagas
