// The timers of one partition that are due soon; the others wait in the store.
#pragma once

#include <optional>
#include <set>

#include "sagas/runtime/saga_tables.hpp"

namespace granary::sagas {

// Not thread-safe.
class TimerWindow {
  public:
    TimerWindow(ports::Store& store, Partition partition) : store_(&store), partition_(partition) {}

    // Reads timers from the store up to a horizon ahead of now, when the window has come near its end.
    Status refill(Time now);
    // The next refill will read the store, which must have every timer by then.
    bool wants_refill(Time now) const;
    // Timers set and cleared by the fold, whether they are stored yet or not.
    void put(const tables::TimerKey& timer);
    void erase(const tables::TimerKey& timer) { near_.erase(timer); }
    // Takes one that is due.
    std::optional<tables::TimerKey> take_due(Time now);
    std::optional<Time> next_due() const;
    std::size_t size() const { return near_.size(); }

  private:
    ports::Store* store_;
    Partition partition_;
    std::set<tables::TimerKey> near_;
    Time horizon_{};  // every stored timer due before this is in the window
};

}  // namespace granary::sagas
