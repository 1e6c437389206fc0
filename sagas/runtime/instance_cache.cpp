// Reads rows once, and writes each changed one once per moment however many events changed it.
#include "sagas/runtime/instance_cache.hpp"

#include <algorithm>
#include <utility>

#include "core/marks.hpp"
#include "core/mutants.hpp"

namespace granary::sagas {

bool wants_dispatch(const FulfilmentStateT& state) {
    return std::ranges::any_of(state.open, [&](const auto& action) { return !state.parked || action->kind == ActionKind::park; });
}

std::vector<tables::TimerKey> timers_of(const FulfilmentStateT& state) {
    std::vector<tables::TimerKey> keys;
    keys.reserve(state.timers.size());
    for (const auto& timer : state.timers) keys.push_back({timer->due, state.order_id, timer->timer});
    return keys;
}

Instance* InstanceCache::cached(OrderId order) {
    const auto found = instances_.find(order);
    if (found == instances_.end()) return nullptr;
    found->second.last_use = tick_;
    return &found->second;
}

Result<Instance*> InstanceCache::find(OrderId order) {
    if (auto* instance = cached(order)) return instance;
    const auto row = store_->get(tables::instances, tables::order_key(partition_, order));
    if (!row) return std::unexpected(row.error());
    if (!*row) return nullptr;
    auto state = decode_fulfilment_state(**row);
    if (!state) return std::unexpected(state.error());
    auto& instance = instances_[order];
    instance.state = std::move(*state);
    instance.stored = true;
    instance.in_outbox = wants_dispatch(instance.state);
    instance.in_parked = instance.state.parked;
    instance.stored_timers = timers_of(instance.state);
    instance.last_use = tick_;
    return &instance;
}

Instance& InstanceCache::create(OrderId order) {
    auto& instance = instances_[order];
    instance.last_use = tick_;
    return instance;
}

Result<Instance*> InstanceCache::revive(OrderId order) {
    const auto row = store_->get(tables::ended, tables::order_key(partition_, order));
    if (!row) return std::unexpected(row.error());
    if (!*row || GRANARY_MUTANT(ended_forgotten)) return nullptr;
    GRANARY_MARK(ended_instance_revived);
    const auto tombstone = decode_ended_instance(**row);
    if (!tombstone) return std::unexpected(tombstone.error());
    auto& instance = create(order);
    instance.state = sagas::revive(*tombstone);
    return &instance;
}

void InstanceCache::write_index(ports::StoreBatch& batch, std::string_view table, const std::string& key, bool was, bool is) {
    if (is && !was) batch.put(table, key, "");
    if (was && !is) batch.remove(table, key);
}

void InstanceCache::write_timers(ports::StoreBatch& batch, OrderId order, const Instance& instance, bool ended) {
    const auto now = ended ? std::vector<tables::TimerKey>{} : timers_of(instance.state);
    for (auto timer : instance.stored_timers) {
        timer.order = order;
        if (std::ranges::find(now, timer) == now.end()) batch.remove(tables::timers, tables::timer_key(partition_, timer));
    }
    for (const auto& timer : now) {
        if (std::ranges::find(instance.stored_timers, timer) == instance.stored_timers.end()) batch.put(tables::timers, tables::timer_key(partition_, timer), "");
    }
}

void InstanceCache::write(ports::StoreBatch& batch, Counts& counts) {
    for (const OrderId order : dirty_) {
        const auto found = instances_.find(order);
        if (found == instances_.end()) continue;
        auto& instance = found->second;
        const auto& state = instance.state;
        const auto key = tables::order_key(partition_, order);
        const bool ended = has_ended(state);
        if (ended) {
            batch.put(tables::ended, key, encode(tombstone_of(state, {partition_, instance.ended_at})));
            if (instance.stored) batch.remove(tables::instances, key);
        } else {
            batch.put(tables::instances, key, encode(state));
        }
        write_index(batch, tables::outbox, key, instance.in_outbox, !ended && wants_dispatch(state));
        write_index(batch, tables::parked, key, instance.in_parked, !ended && state.parked);
        write_timers(batch, order, instance, ended);
        counts.live += (ended ? 0 : 1) - (instance.stored ? 1 : 0);
        counts.parked += (!ended && state.parked ? 1 : 0) - (instance.in_parked ? 1 : 0);
    }
}

void InstanceCache::clear_dirty() {
    for (const OrderId order : dirty_) {
        const auto found = instances_.find(order);
        if (found == instances_.end()) continue;
        auto& instance = found->second;
        if (has_ended(instance.state)) {
            instances_.erase(found);
            continue;
        }
        instance.stored = true;
        instance.in_outbox = wants_dispatch(instance.state);
        instance.in_parked = instance.state.parked;
        instance.stored_timers = timers_of(instance.state);
    }
    dirty_.clear();
}

void InstanceCache::evict() {
    const auto now = tick_++;
    if (instances_.size() <= capacity_) return;
    if (instances_.size() <= sweep_above_ && now < next_sweep_) return;
    // Half of the capacity is freed at once, so that the sweep is paid for by many steps.
    std::erase_if(instances_, [&](const auto& entry) {
        const auto& instance = entry.second;
        return instance.jobs == 0 && !dirty_.contains(entry.first) && instance.last_use + 1 < now && instances_.size() > capacity_ / 2;
    });
    // What has jobs can't go: with a long backlog a sweep at every step would find nothing, again and again.
    sweep_above_ = instances_.size() + capacity_ / 2;
    next_sweep_ = now + sweep_interval;
}

}  // namespace granary::sagas
