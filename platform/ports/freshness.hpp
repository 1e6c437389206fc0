// How far the views of this node have folded the log, and how to wait for more.
#pragma once

#include <functional>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace granary::ports {

struct ViewAge {
    PositionVector positions;  // last folded offset per partition, of the slowest live view
    Duration age;              // now minus the time of the oldest record that is not folded; zero when there is none
};

// Thread-safe.
class Freshness {
  public:
    virtual ~Freshness() = default;
    virtual ViewAge age() const = 0;
    // The last folded offset of one partition, of the slowest live view: a cheap atomic read.
    virtual Offset folded(Partition partition) const = 0;
    // The last durable offset of the partition now. A fault of the log: nobody can say, so nothing may be called missing.
    virtual Result<Offset> known_end(Partition partition) const = 0;
    // Calls `ready(true)` once every position is folded, at once if it already is; `ready(false)` after `deadline` from now, or
    // when too many wait. On any thread.
    virtual void wait_for(std::vector<Position> positions, Duration deadline, std::function<void(bool)> ready) = 0;
};

}  // namespace granary::ports
