// The live aggregates of one shard: loaded from the checkpoint when needed, ahead of the log by what is in flight.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "command-side/runtime/deciders.hpp"
#include "command-side/runtime/speculative_cache.hpp"
#include "core/result.hpp"
#include "core/stream.hpp"
#include "platform/ports/store.hpp"
#include "schemas/commit.hpp"

namespace granary::command_side {

// Not thread-safe. Pointers to entries hold until `trim`, and as long as a commit on the entry is in flight.
class Aggregates {
  public:
    struct Value {
        AggregateState state;
        std::uint64_t version = 0;  // number of events so far
    };
    using Cache = SpeculativeCache<StreamId, Value>;
    using PartCache = SpeculativeCache<std::string, Part>;  // by part_key
    using Aggregate = Cache::Entry;
    using PartEntry = PartCache::Entry;

    struct Wanted {
        const StreamId* stream = nullptr;
        std::optional<Uuid> part;
    };

    Aggregates(const ports::Store& store, std::size_t entries_max) : store_(&store), aggregates_(entries_max), parts_(entries_max) {}

    // Brings all of them into memory. corrupt: an entry of the checkpoint can't be read.
    Status load(const std::vector<Wanted>& wanted);
    // Must have been loaded since the last trim.
    Aggregate& at(const StreamId& stream);
    PartEntry& part_at(std::string_view stream_key, Uuid part);

    // The commit goes into flight: `newest` of its aggregate (and part, if any) becomes what it is afterwards.
    void speculate(Aggregate& aggregate, PartEntry* part, const Commit& commit);
    // The oldest commit in flight on this aggregate counts.
    void confirm(Aggregate& aggregate, PartEntry* part, const Commit& commit);
    // Folds a commit that counts and was not speculated; nothing may be in flight on its aggregate. corrupt: it does not
    // continue its stream, or holds an event of another context. Loads what it needs.
    Status fold(const Commit& commit);

    // Adds what changed since the last checkpoint, in the form that counts.
    void collect(ports::StoreBatch& batch) const;
    void all_written();
    // Only a checkpoint can free room.
    bool wants_checkpoint() const { return aggregates_.wants_writing() || parts_.wants_writing(); }
    void trim();
    std::size_t size() const { return aggregates_.size() + parts_.size(); }

  private:
    Status load_streams(const std::vector<Wanted>& wanted);
    Status load_parts(const std::vector<Wanted>& wanted);

    const ports::Store* store_;
    Cache aggregates_;
    PartCache parts_;
};

}  // namespace granary::command_side
