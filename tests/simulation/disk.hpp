// The disk of a simulated node: a store that, when the power goes, loses the newest batches that were not synced.
#pragma once

#include <cstdint>
#include <deque>

#include "platform/adapters/memory/memory_store.hpp"
#include "tests/simulation/fuse.hpp"
#include "tests/simulation/schedule.hpp"

namespace granary::simulation {

// Outlives the lives of its node.
class DiskStore final : public memory::MemoryStore {
  public:
    explicit DiskStore(Schedule& schedule) : schedule_(schedule) {}

    // The fuse of the life that writes from now on.
    void belong_to(Fuse* fuse) { fuse_ = fuse; }
    // Thousandths of all writes that fail, and leave nothing.
    void set_write_faults(std::uint32_t permille) { write_faults_ = permille; }
    // No write succeeds; what is there can be read.
    void set_full(bool yes) { full_ = yes; }
    // Some of the newest batches that were not synced are gone.
    void lose_power();
    // It is empty.
    void lose_everything();

    Status write(const ports::StoreBatch& batch, ports::Durability durability) override;

  private:
    Schedule& schedule_;
    Fuse* fuse_ = nullptr;
    std::uint32_t write_faults_ = 0;
    bool full_ = false;
    std::deque<ports::StoreBatch> undo_;  // what each batch since the last sync replaced
};

}  // namespace granary::simulation
