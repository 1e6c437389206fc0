// A sorted window over the timers table.
#include "sagas/runtime/timer_window.hpp"

#include <algorithm>

#include "core/limits.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"

namespace granary::sagas {

bool TimerWindow::wants_refill(Time now) const { return horizon_ <= now + Duration{limits::saga_timer_horizon.us / 2}; }

Status TimerWindow::refill(Time now) {
    if (!wants_refill(now)) return {};
    const Time next = now + limits::saga_timer_horizon;
    const auto take = [&](std::string_view key, std::string_view) {
        const auto timer = tables::timer_in(key);
        if (timer && !GRANARY_MUTANT(timers_not_reloaded)) {
            GRANARY_MARK(timer_read_from_the_store);
            near_.insert(*timer);
        }
        return true;
    };
    if (auto scanned = store_->scan(tables::timers, tables::timers_from(partition_, horizon_), tables::timers_from(partition_, next), take); !scanned) return scanned;
    horizon_ = next;
    return {};
}

void TimerWindow::put(const tables::TimerKey& timer) {
    if (timer.due < horizon_) near_.insert(timer);
}

std::optional<tables::TimerKey> TimerWindow::take_due(Time now) {
    if (near_.empty() || near_.begin()->due > now) return std::nullopt;
    const auto timer = *near_.begin();
    near_.erase(near_.begin());
    return timer;
}

std::optional<Time> TimerWindow::next_due() const {
    if (near_.empty()) return std::nullopt;
    return near_.begin()->due;
}

}  // namespace granary::sagas
