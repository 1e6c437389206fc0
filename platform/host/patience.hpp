// Asking a log again while it is only away for a moment: for a start, which gives up for good.
#pragma once

#include <chrono>
#include <thread>

#include "core/result.hpp"
#include "core/time.hpp"

namespace granary {

// One deadline for a number of questions, from its making on. Not thread-safe.
class Patience {
  public:
    explicit Patience(Duration deadline) : until_(std::chrono::steady_clock::now() + std::chrono::microseconds(deadline.us)) {}

    // Calls `ask`, which answers a Result or Status, until it succeeds, fails with a fault that does not pass by itself, or the
    // deadline is over, but at least once; answers the last answer. Sleeps in between, so not for a thread that others wait for.
    template <class Ask>
    auto ask(Ask ask) const {
        constexpr auto pause = std::chrono::milliseconds(100);
        for (;;) {
            auto answer = ask();
            const bool passes = !answer && answer.error().retryable();
            if (!passes || std::chrono::steady_clock::now() + pause > until_) return answer;
            std::this_thread::sleep_for(pause);
        }
    }

  private:
    const std::chrono::steady_clock::time_point until_;
};

}  // namespace granary
