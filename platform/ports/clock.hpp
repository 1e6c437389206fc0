// Time as the rim reads it; everything inside is handed `now`.
#pragma once

#include "core/time.hpp"

namespace granary::ports {

class Clock {
  public:
    virtual ~Clock() = default;
    // UTC wall clock. May jump; whoever needs order keeps its own maximum. Thread-safe.
    virtual Time now() const = 0;
    // Never goes back; only differences mean anything. Thread-safe.
    virtual Duration monotonic() const = 0;
};

}  // namespace granary::ports
