// Single commits by where they stand: what a view remembers the position of, looked up again without reading all in front of it.
#pragma once

#include <span>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "schemas/commit.hpp"

namespace granary::ports {

// Thread-safe. Waits for the log, so it is no work for a thread that answers clients.
class Commits {
  public:
    virtual ~Commits() = default;
    // The commits at these offsets, which ascend and of which somebody who read the chain has said that they count: that is not
    // looked at again. corrupt: there is no commit, or no sound one. Costs a read of the log for those that lie apart.
    virtual Result<std::vector<Commit>> at(Partition partition, std::span<const Offset> offsets) = 0;
};

}  // namespace granary::ports
