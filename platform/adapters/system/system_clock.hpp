// The machine's own clocks behind ports::Clock.
#pragma once

#include "platform/ports/clock.hpp"

namespace granary {

// Thread-safe; has no state. `monotonic` counts from the machine's start and stands still while it is suspended.
class SystemClock final : public ports::Clock {
  public:
    Time now() const override;
    Duration monotonic() const override;
};

}  // namespace granary
