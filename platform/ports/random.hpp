// Unpredictable bits for fresh ids and nonces.
#pragma once

#include "core/ids.hpp"

namespace granary::ports {

class Random {
  public:
    virtual ~Random() = default;
    // Thread-safe.
    virtual Uuid bits() = 0;
};

}  // namespace granary::ports
