// Which commands were accepted, for ever: the newest in memory, all others in the checkpoint.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "command-side/runtime/checkpoint.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "platform/ports/store.hpp"

namespace granary::command_side {

// Not thread-safe. Memory is bounded by what is accepted between two checkpoints.
class CommandIndex {
  public:
    CommandIndex(const ports::Store& store, Partition partition) : store_(&store), partition_(partition) {}

    // One answer per id, in order; nullopt = never accepted.
    Result<std::vector<std::optional<RememberedCommand>>> look_up(std::span<const CommandId> ids) const;
    // Adds it to the batch of the next checkpoint too.
    void remember(CommandId id, const RememberedCommand& command, ports::StoreBatch& batch);
    // The batches so far are in the store.
    void all_written() { unwritten_.clear(); }

  private:
    const ports::Store* store_;
    Partition partition_;
    std::unordered_map<CommandId, RememberedCommand> unwritten_;
};

}  // namespace granary::command_side
