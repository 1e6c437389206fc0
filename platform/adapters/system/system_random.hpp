// Unpredictable bits from the kernel behind ports::Random.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>

#include "platform/ports/random.hpp"

namespace granary {

// Thread-safe. Draws from getrandom(2) a block at a time, since one system call per id would cost more than the id. Used
// bits are wiped; the stock does not survive a fork, so don't fork and go on using it.
class SystemRandom final : public ports::Random {
  public:
    Uuid bits() override;

  private:
    std::mutex mutex_;
    std::array<unsigned char, 256> block_{};
    std::size_t used_ = 256;  // nothing drawn yet
};

}  // namespace granary
