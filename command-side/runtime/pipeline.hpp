// The commits of one shard that are appended and not yet known to count, oldest first, with all that waits for them.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "command-side/runtime/aggregates.hpp"
#include "core/bytes.hpp"
#include "core/digest.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/log.hpp"
#include "schemas/commit.hpp"

namespace granary::command_side {

// A command that has not been answered.
struct Waiting {
    ports::CommandRequest request;
    StreamTarget target;
    std::uint64_t reply = 0;   // the caller's token; comes back with the answer
    Duration expires;          // on the monotonic clock
    bool answered = false;     // its deadline has passed in flight; nobody waits any more
};

// An answer without a commit (a refusal, or nothing to do) that holds only if the commits before it count, and if nobody else's does in
// front of `upto`: where the log ended when it was decided. 0 where there is nobody else.
struct Follower {
    Waiting waiting;
    ports::CommandAnswer answer;
    Offset upto;
};

enum class Fate {
    pending,         // the log has not said anything yet
    stored,          // at `offset`
    offset_unknown,  // stored somewhere
    unknown,         // may be stored, now or later
    refused,         // certainly not stored
};

Fate fate_of(ports::DeliveryOutcome outcome);

struct InFlight {
    std::uint64_t token = 0;  // of its append; consecutive within the pipeline
    Digest hash;              // of its record: the head if it counts
    SharedBytes record;
    Commit commit;
    Waiting waiting;
    Aggregates::Aggregate* aggregate = nullptr;  // nullptr once its speculation is rolled back
    Aggregates::PartEntry* part = nullptr;
    Fate fate = Fate::pending;
    Offset offset;
    Fault fault;
    std::vector<Follower> followers;   // decided behind this commit, in order
    std::vector<Waiting> duplicates;   // commands under the same id, to be looked at again when this one is settled
};

// Not thread-safe.
class Pipeline {
  public:
    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }
    InFlight& front() { return entries_.front(); }
    InFlight& back() { return entries_.back(); }
    auto begin() { return entries_.begin(); }
    auto end() { return entries_.end(); }

    void push(InFlight&& entry);
    InFlight pop();
    // All of it, oldest first.
    std::deque<InFlight> take();

    // What the log says of one append; false when the entry is no longer here.
    bool note(const ports::LogDelivery& delivery);
    // Something in it is not stored, or perhaps not: what extends it could not count, and in a log that stores prefixes it would look
    // as if a record in front of it had been changed.
    bool broken() const { return broken_; }
    // The entry that commits under this command id, or nullptr.
    InFlight* find(CommandId id);

  private:
    InFlight* by_token(std::uint64_t token);

    std::deque<InFlight> entries_;
    std::unordered_map<CommandId, std::uint64_t> tokens_;
    bool broken_ = false;
};

}  // namespace granary::command_side
