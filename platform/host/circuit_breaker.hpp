// When to stop calling a server that does not answer, and when to try it again: a machine without a clock.
#pragma once

#include <cstdint>

#include "core/limits.hpp"
#include "core/time.hpp"

namespace granary {

struct CircuitRules {
    std::uint32_t failures_to_open = limits::circuit_failures_to_open;  // in a row
    Duration pause_first = limits::circuit_pause_first;                 // open for this long, then twice as long each time
    Duration pause_max = limits::circuit_pause_max;
    std::uint32_t probes_max = limits::circuit_probes_max;              // calls at once while half open
};

// Closed: every call is admitted. Open: none is, until the pause is over. Half open: a few probes; the first success
// closes, a failure opens again with a longer pause. `now` is monotonic. Not thread-safe.
class CircuitBreaker {
  public:
    enum class State { closed, open, half_open };

    explicit CircuitBreaker(CircuitRules rules = {}) : rules_(rules), pause_(rules.pause_first) {}

    // True when the call may be made; then exactly one of succeeded, failed or abandoned must follow.
    bool admit(Duration now);
    void succeeded();
    void failed(Duration now);
    // The call came to nothing for a reason that says nothing about the server.
    void abandoned();
    State state() const { return state_; }

  private:
    void open(Duration now);

    CircuitRules rules_;
    State state_ = State::closed;
    std::uint32_t failures_ = 0;
    std::uint32_t probes_ = 0;
    Duration pause_;
    Duration open_until_;
};

}  // namespace granary
