// Atomics for readers, a short list under a lock for waiters.
#include "projections/runtime/freshness_board.hpp"

#include <algorithm>
#include <utility>

namespace granary::projections {
namespace {

// Takes the waiters that `select` names out of the list.
template <class Waiter, class Select>
std::vector<Waiter> take_out(std::vector<Waiter>& waiters, Select select) {
    std::vector<Waiter> taken;
    std::erase_if(waiters, [&](Waiter& waiter) {
        if (!select(waiter)) return false;
        taken.push_back(std::move(waiter));
        return true;
    });
    return taken;
}

}  // namespace

FreshnessBoard::FreshnessBoard(std::uint32_t partitions, std::size_t waiters_max)
    : folded_(partitions), waiters_max_(waiters_max) {
    for (auto& offset : folded_) offset.store(Offset::none, std::memory_order_relaxed);
}

Offset FreshnessBoard::folded(Partition partition) const {
    if (partition.number >= folded_.size()) return {};
    return {folded_[partition.number].load(std::memory_order_acquire)};
}

PositionVector FreshnessBoard::folded() const {
    PositionVector positions(folded_.size());
    for (std::uint32_t i = 0; i < positions.size(); ++i) positions[i] = folded({i});
    return positions;
}

bool FreshnessBoard::is_folded(const std::vector<Position>& positions) const {
    return std::ranges::all_of(positions, [&](Position position) { return folded(position.partition) >= position.offset; });
}

bool FreshnessBoard::exist(const std::vector<Position>& positions) const {
    return std::ranges::all_of(positions, [&](Position position) { return position.partition.number < folded_.size(); });
}

void FreshnessBoard::advance(const std::vector<Position>& folded) {
    if (folded.empty()) return;
    for (const Position position : folded) folded_[position.partition.number].store(position.offset.number, std::memory_order_release);
    std::vector<Waiter> due;
    {
        const std::lock_guard lock(mutex_);
        due = take_out(waiters_, [&](const Waiter& waiter) { return is_folded(waiter.positions); });
    }
    for (const auto& waiter : due) waiter.ready(true);
}

bool FreshnessBoard::wait_for(std::vector<Position> positions, Duration until, Ready ready) {
    if (exist(positions) && is_folded(positions)) {
        ready(true);
        return false;
    }
    {
        const std::lock_guard lock(mutex_);
        // Looked at again under the lock: `advance` stores first and takes the lock after, so nothing slips between.
        const bool late = !is_folded(positions);
        if (late && !closed_ && exist(positions) && waiters_.size() < waiters_max_) {
            const bool earliest = std::ranges::all_of(waiters_, [&](const Waiter& waiter) { return until < waiter.until; });
            waiters_.push_back({std::move(positions), until, std::move(ready)});
            return earliest;
        }
    }
    ready(exist(positions) && is_folded(positions));
    return false;
}

void FreshnessBoard::expire(Duration now) {
    std::vector<Waiter> due;
    {
        const std::lock_guard lock(mutex_);
        due = take_out(waiters_, [&](const Waiter& waiter) { return waiter.until <= now; });
    }
    for (const auto& waiter : due) waiter.ready(false);
}

void FreshnessBoard::close() {
    std::vector<Waiter> due;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        due = std::exchange(waiters_, {});
    }
    for (const auto& waiter : due) waiter.ready(false);
}

std::optional<Duration> FreshnessBoard::next_deadline() const {
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) return std::nullopt;
    return std::ranges::min_element(waiters_, {}, &Waiter::until)->until;
}

std::size_t FreshnessBoard::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiters_.size();
}

}  // namespace granary::projections
