// Counting failures in a row is enough: one success proves that the server lives.
#include "platform/host/circuit_breaker.hpp"

#include <algorithm>

namespace granary {

bool CircuitBreaker::admit(Duration now) {
    if (state_ == State::open && now >= open_until_) {
        state_ = State::half_open;
        probes_ = 0;
    }
    if (state_ == State::open || (state_ == State::half_open && probes_ >= rules_.probes_max)) return false;
    if (state_ == State::half_open) ++probes_;
    return true;
}

void CircuitBreaker::succeeded() {
    state_ = State::closed;
    failures_ = 0;
    probes_ = 0;
    pause_ = rules_.pause_first;
}

void CircuitBreaker::failed(Duration now) {
    if (state_ == State::open) return;  // a call from before it opened
    ++failures_;
    if (state_ == State::half_open || failures_ >= rules_.failures_to_open) open(now);
}

void CircuitBreaker::abandoned() {
    if (state_ == State::half_open && probes_ > 0) --probes_;
}

void CircuitBreaker::open(Duration now) {
    state_ = State::open;
    failures_ = 0;
    open_until_ = {now.us + pause_.us};
    pause_ = std::min(pause_ * 2, rules_.pause_max);
}

}  // namespace granary
