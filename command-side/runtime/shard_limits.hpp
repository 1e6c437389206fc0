// What one shard takes at once; the program leaves all of it as it is, the simulator shrinks it.
#pragma once

#include <cstddef>

#include "core/limits.hpp"
#include "schemas/format_levels.hpp"

namespace granary::command_side {

// Each at least 1; uncheckpointed_commits_max more than checkpoint_commits_max; in_flight_max at most limits::in_flight_max, by which
// readers tell damage from a lost race.
struct ShardLimits {
    std::size_t in_flight_max = limits::in_flight_max;
    std::size_t deciding_batch_max = limits::deciding_batch_max;
    std::size_t read_bytes = limits::log_read_bytes_max;
    std::size_t checkpoint_commits_max = limits::checkpoint_commits_max;
    std::size_t uncheckpointed_commits_max = limits::uncheckpointed_commits_max;
    Duration checkpoint_interval = limits::checkpoint_interval;
    // Of the format: what this build can read, and what a partition without a Format record holds.
    std::uint32_t format_level = newest_format_level;
    std::uint32_t unmarked_level = unmarked_format_level;
};

}  // namespace granary::command_side
