// What the sagas of one partition take at once; the program leaves all of it as it is, the simulator shrinks it.
#pragma once

#include <cstddef>

#include "core/limits.hpp"
#include "schemas/format_levels.hpp"

namespace granary::sagas {

// Each at least 1.
struct RunnerLimits {
    std::size_t read_bytes = limits::saga_read_bytes_max;
    std::size_t busy_min = limits::saga_busy_min;
    std::size_t waiting_max = limits::saga_waiting_max;
    std::size_t open_actions_max = limits::saga_open_actions_max;
    std::size_t unwritten_instances_max = 512;
    // The store is a checkpoint of a fold, so it may lag: an order that lives for less than this is written once, when it has
    // ended, and not once a step. What a crash loses is folded again from the log.
    Duration persist_interval = milliseconds(200);
    std::uint32_t format_level = newest_format_level;  // that this build can read
};

}  // namespace granary::sagas
