// Collects what the next checkpoint must hold and writes it as one batch, so that a restart reads only the tail.
#pragma once

#include <cstdint>

#include "command-side/runtime/aggregates.hpp"
#include "command-side/runtime/checkpoint.hpp"
#include "command-side/runtime/command_index.hpp"
#include "command-side/runtime/shard_limits.hpp"
#include "platform/ports/store.hpp"
#include "schemas/commit.hpp"

namespace granary::command_side {

// Not thread-safe.
class CheckpointWriter {
  public:
    CheckpointWriter(ports::Store& store, Partition partition, const ShardLimits& bounds) : store_(&store), partition_(partition), bounds_(bounds) {}

    // nullopt: there is no checkpoint yet.
    Result<std::optional<Checkpoint>> load() const;

    // A commit counts: its id and its place in its stream belong to the next checkpoint.
    void note_commit(const Commit& commit, Offset offset, const Digest& hash, CommandIndex& index);
    // The head has moved.
    void note_record(Duration steady);

    // By number of commits or by time.
    bool due(Duration steady) const;
    bool empty() const { return records_ == 0; }
    // So much is unwritten that nothing more may be decided.
    bool full() const { return commits_ >= bounds_.uncheckpointed_commits_max; }
    // On a fault everything stays as it was, and the write is tried again after a pause.
    Status write(const Checkpoint& checkpoint, Aggregates& aggregates, CommandIndex& index, Duration steady);
    std::uint64_t written() const { return written_; }

  private:
    ports::Store* store_;
    Partition partition_;
    ShardLimits bounds_;
    ports::StoreBatch batch_;       // ids and stream index since the last checkpoint
    std::size_t commits_ = 0;
    std::size_t records_ = 0;
    Duration first_record_;         // when the oldest unwritten record was noted
    Duration not_before_;
    std::uint64_t written_ = 0;
};

}  // namespace granary::command_side
