// How one partition's shard is doing, as /readyz and metrics show it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/position.hpp"
#include "core/time.hpp"

namespace granary::command_side {

enum class PartitionState {
    starting,  // reads the tail of the log
    claiming,  // reads to the end, appends a Claim, and waits until that counts
    owned,     // decides
    standby,   // another node owns it, or this one is not told to hold it: decides nothing
    halted,    // damage or a fault that an operator must look at; see the reason
};
// `owned`, as metrics and /readyz show it.
std::string_view name_of(PartitionState state);

struct PartitionStatus {
    Partition partition;
    PartitionState state = PartitionState::starting;
    std::string reason;            // of standby and halted, and of claiming when that waits for something
    Offset last;                   // the last accepted record
    std::size_t in_flight = 0;     // commits that are appended and not known to count
    std::size_t queued = 0;        // commands that wait to be decided
    std::uint64_t commits = 0;     // accepted since the start, of whatever writer
    std::uint64_t voids = 0;       // void records seen since the start
    std::uint64_t redecided = 0;   // commands that were decided again behind a lost race
    std::uint64_t checkpoints = 0;
    std::size_t cached = 0;        // aggregates and parts in memory
    std::uint64_t claims = 0;      // of this node that came to count since the start
    std::uint64_t takeovers = 0;   // times that this node, told to hold the partition, came to own it
    Duration takeover_time;        // from being told, or losing it, until commands were decided here; of all of them together
    Duration taking_for;           // of the one that is under way
    bool clock_off = false;        // not claimed, because this node's clock is far from the log's or another node's
};

}  // namespace granary::command_side
