// Free space of the volume that holds the data.
#pragma once

#include <cstdint>

#include "core/result.hpp"

namespace granary::ports {

class Disk {
  public:
    virtual ~Disk() = default;
    // Bytes that this process may still write. Cheap enough to ask once a second. Thread-safe.
    virtual Result<std::uint64_t> free_bytes() const = 0;
};

}  // namespace granary::ports
