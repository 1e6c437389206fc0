// How rebuilds and comparisons reach the projector that is folding, whoever runs it.
#pragma once

#include <functional>

#include "core/result.hpp"
#include "projections/runtime/projector.hpp"

namespace granary::projections {

class FoldControl {
  public:
    virtual ~FoldControl() = default;
    // Runs `work` between two steps, on the thread that folds, and waits for it. What readers are told
    // is worked out anew afterwards. unavailable: folding has ended; timed_out: not begun in time, and not done.
    virtual Status between_steps(const std::function<Status(Projector&)>& work) = 0;
    // True while the live views are so far behind that who works beside them should wait. Any thread.
    virtual bool needs_room() const = 0;
};

}  // namespace granary::projections
