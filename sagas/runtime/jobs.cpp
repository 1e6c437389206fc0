// One queue of what is ready, one ordered set of when the others wake.
#include "sagas/runtime/jobs.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/limits.hpp"

namespace granary::sagas {

Job* JobTable::find(CommandId id) {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : &found->second;
}

void JobTable::count(const Job& job, std::size_t one) {
    if (job.stage == Job::Stage::ready) ready_count_ += one;
    if (job.kind != Job::Kind::timer) {
        if (job.stage != Job::Stage::settled) unsettled_count_ += one;
        if (job.stage == Job::Stage::ready || job.stage == Job::Stage::asked) busy_count_ += one;
    }
    if (job.stage == Job::Stage::asked) asked_count_ += one;
}

Job& JobTable::add(Job job) {
    job.stage = Job::Stage::ready;
    const CommandId id = job.id;
    const auto [place, is_new] = jobs_.emplace(id, std::move(job));
    GRANARY_CHECK(is_new);
    count(place->second, 1);
    ready_.push_back(id);
    return place->second;
}

void JobTable::erase(CommandId id) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return;
    count(found->second, static_cast<std::size_t>(-1));
    if (found->second.stage != Job::Stage::ready) wakes_.erase({found->second.wake, id});
    jobs_.erase(found);
}

void JobTable::move_to(Job& job, Job::Stage stage, Time wake) {
    count(job, static_cast<std::size_t>(-1));
    if (job.stage != Job::Stage::ready) wakes_.erase({job.wake, job.id});
    job.stage = stage;
    job.wake = wake;
    count(job, 1);
    if (stage == Job::Stage::ready) {
        ready_.push_back(job.id);
    } else {
        wakes_.insert({wake, job.id});
    }
}

void JobTable::settle(Job& job, Offset offset, Time until) {
    job.settled_at = offset;
    move_to(job, Job::Stage::settled, until);
}

Job* JobTable::next_ready() {
    while (!ready_.empty()) {
        auto* job = find(ready_.front());
        if (job != nullptr && job->stage == Job::Stage::ready) return job;
        ready_.pop_front();
    }
    return nullptr;
}

Job* JobTable::next_due(Time now) {
    if (wakes_.empty() || wakes_.begin()->first > now) return nullptr;
    return find(wakes_.begin()->second);
}

std::optional<Time> JobTable::next_wake() const {
    if (wakes_.empty()) return std::nullopt;
    return wakes_.begin()->first;
}

Duration retry_delay(CommandId id, std::uint32_t attempts) {
    const std::int64_t doubled = limits::saga_retry_min.us << std::min<std::uint32_t>(attempts, 12);
    const std::int64_t base = std::min(doubled, limits::saga_retry_max.us);
    const auto spread = static_cast<std::int64_t>((id.value.lo ^ (id.value.hi >> (attempts % 32))) % 1024);
    return {base / 2 + base * spread / 2048};
}

}  // namespace granary::sagas
