// Views that are folded afresh from a log, to hold against those that somebody kept.
#pragma once

#include <memory>
#include <string>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/view_directory.hpp"
#include "projections/runtime/view_registry.hpp"
#include "tests/simulation/history.hpp"

namespace granary::simulation {

class FreshViews {
  public:
    // Folds all that the log holds now.
    FreshViews(ports::Log& log, Findings& findings);
    // Every row of every view, byte for byte; `whose` views they are.
    void compare(const ports::Store& store, const ports::ViewDirectory& views, const std::string& whose, Findings& findings) const;

  private:
    memory::MemoryStore store_;
    std::unique_ptr<projections::ViewRegistry> registry_;
};

}  // namespace granary::simulation
