// Jobs follow the state: one for each open action that parking does not hold back, and one for each timer that is due.
#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"
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

// The log is read on whatever waits: what it tells of those under way, and their timers, can't wait for a provider that answers nobody.
bool SagaRunner::must_wait() const { return !waiting_.empty() || more_wait_ || !may_begin(); }

bool SagaRunner::may_begin() const { return jobs_.busy() < busy_max_ && jobs_.unsettled() < bounds_.open_actions_max; }

void SagaRunner::wait(OrderId order) {
    // Behind those that wait in the store: they are older.
    if (!more_wait_ && waiting_.size() < bounds_.waiting_max) waiting_.push_back(order);
    else more_wait_ = !GRANARY_MUTANT(waiters_forgotten);
}

// From the outbox, which has everything that is open: those that are under way have jobs in hand. A fault leaves all as it was.
Status SagaRunner::fill_waiting() {
    std::deque<OrderId> found;
    bool more = false;
    const auto collect = [&](std::string_view key, std::string_view) {
        const auto order = tables::order_in(key);
        if (!order) return true;
        const auto* instance = cache_.cached(*order);
        // One that waits may have been given something else to do meanwhile: it is under way when nothing of it is left without a job.
        const auto is_begun = [&](const auto& action) { return (instance->state.parked && action->kind != ActionKind::park) || jobs_.find(action->id) != nullptr; };
        if (instance != nullptr && std::ranges::all_of(instance->state.open, is_begun)) return true;
        more = found.size() == bounds_.waiting_max;
        if (!more) found.push_back(*order);
        return !more;
    };
    const auto from = tables::partition_key(partition_);
    if (auto scanned = store_->scan(tables::outbox, from, tables::end_of(from), collect); !scanned) return scanned;
    waiting_ = std::move(found);
    more_wait_ = more;
    return {};
}

Status SagaRunner::admit_waiting() {
    if (waiting_.empty() && more_wait_ && may_begin()) {
        GRANARY_MARK(waiting_read_from_the_store);
        if (auto persisted = persist(); !persisted) return persisted;
        if (auto filled = fill_waiting(); !filled) return filled;
    }
    while (!waiting_.empty() && may_begin()) {
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
