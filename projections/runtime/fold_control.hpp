// How rebuilds and comparisons reach the projector that is folding, whoever runs it.
#pragma once

#include <functional>

#include "core/result.hpp"
#include "projections/runtime/projector.hpp"

namespace granary::projections {

class FoldControl {
  public:
    virtual ~FoldControl() = default;
    // Runs `work` between two steps, on the thread that folds, and waits for it. unavailable: folding has ended.
    virtual Status between_steps(const std::function<Status(Projector&)>& work) = 0;
    // Another table of a view is live, or a view has caught up: what readers are told is worked out anew.
    virtual void live_views_changed() = 0;
};

}  // namespace granary::projections
