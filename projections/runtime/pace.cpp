// Two reasons to wait: more was done than the rate allows, and somebody who matters more is behind.
#include "projections/runtime/pace.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "projections/runtime/rebuild_limits.hpp"

namespace granary::projections {
namespace {

constexpr std::int64_t us_per_second = 1'000'000;
constexpr Duration sleep_max = seconds(1);  // a rate that is nearly nothing must not make a thread deaf

}  // namespace

Pace::Pace(const ports::Clock& clock, std::uint64_t per_second, std::function<bool()> must_wait, std::stop_token stop)
    : clock_(clock),
      per_second_(std::min(per_second, limits::rebuild_records_per_second_max)),
      must_wait_(std::move(must_wait)),
      stop_(std::move(stop)) {}

bool Pace::sleep(Duration time) {
    std::unique_lock lock(mutex_);
    asked_to_stop_.wait_for(lock, stop_, std::chrono::microseconds(std::max<std::int64_t>(time.us, 0)), [] { return false; });
    return !stop_.stop_requested();
}

// Time that was spent waiting for others is not made up for afterwards: that would be just when they have caught up.
Duration Pace::due_after(std::uint64_t done) {
    const std::lock_guard lock(mutex_);
    due_us_ = std::max(due_us_, static_cast<double>(clock_.monotonic().us)) + static_cast<double>(done) * us_per_second / static_cast<double>(per_second_);
    return Duration{static_cast<std::int64_t>(due_us_)};
}

void Pace::rest(std::uint64_t done) {
    if (per_second_ > 0) {
        const Duration due = due_after(done);
        for (Duration left = due - clock_.monotonic(); left.us > 0; left = due - clock_.monotonic()) {
            if (!sleep(std::min(left, sleep_max))) return;
        }
    }
    if (!must_wait_) return;
    const Duration until = clock_.monotonic() + limits::rebuild_wait_max;
    while (must_wait_() && clock_.monotonic() < until) {
        if (!sleep(limits::rebuild_look_interval)) return;
    }
}

}  // namespace granary::projections
