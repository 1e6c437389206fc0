// Keeps work on views from taking more of the machine than it may.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>

#include "core/time.hpp"
#include "platform/ports/clock.hpp"

namespace granary::projections {

// Thread-safe: several threads share one pace. The clock outlives it.
class Pace {
  public:
    // `per_second` of whatever is counted, 0 for no bound; `must_wait` may be empty.
    Pace(const ports::Clock& clock, std::uint64_t per_second, std::function<bool()> must_wait, std::stop_token stop);

    // After so many: returns when the next ones may be taken, or the work is asked to stop.
    void rest(std::uint64_t done);

  private:
    // Waits, for about so long; false: asked to stop.
    bool sleep(Duration time);
    Duration due_after(std::uint64_t done);

    const ports::Clock& clock_;
    const std::uint64_t per_second_;
    const std::function<bool()> must_wait_;
    const std::stop_token stop_;
    std::mutex mutex_;
    std::condition_variable_any asked_to_stop_;
    double due_us_ = 0;  // on the clock: when what was done so far is due
};

}  // namespace granary::projections
