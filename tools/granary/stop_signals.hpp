// The signals that ask a program to end, taken in order instead of in a handler.
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace granary::cli {

// Blocks SIGTERM and SIGINT in this thread and those that it starts, so that no handler runs at a bad moment, and ignores
// SIGPIPE; call it before any thread is started, and hand the set to sigwait.
sigset_t block_stop_signals();

// For a verb that works for long: the first such signal asks it to stop, the second ends the program where it is. To be made
// before any thread is started, and once.
class StopOnSignal {
  public:
    StopOnSignal();
    ~StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;

    std::stop_token token() const { return source_.get_token(); }

  private:
    void wait(const std::stop_token& ending);

    std::stop_source source_;
    std::jthread thread_;
};

}  // namespace granary::cli
