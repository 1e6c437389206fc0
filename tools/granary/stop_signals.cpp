// Blocking, for a thread that waits.
#include "tools/granary/stop_signals.hpp"

#include <ctime>
#include <cstdio>
#include <cstdlib>

#include "tools/granary/verbs.hpp"

namespace granary::cli {

sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

namespace {

constexpr timespec look_interval{0, 50'000'000};

}  // namespace

StopOnSignal::StopOnSignal() {
    block_stop_signals();
    thread_ = std::jthread([this](const std::stop_token& ending) { wait(ending); });
}

StopOnSignal::~StopOnSignal() = default;

void StopOnSignal::wait(const std::stop_token& ending) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    while (!ending.stop_requested()) {
        if (sigtimedwait(&signals, nullptr, &look_interval) < 0) continue;
        if (source_.request_stop()) continue;
        std::fprintf(stderr, "granary: stopped where it was\n");
        std::_Exit(exit_fault);
    }
}

}  // namespace granary::cli
