// One seed: a world is built, goes on under faults, is left in peace until nothing moves, and is checked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/checks.hpp"
#include "tests/simulation/clients.hpp"
#include "tests/simulation/workload.hpp"

namespace granary::simulation {

struct RunOptions {
    std::uint64_t seed = 1;
    const Mix* mix = nullptr;  // null: the seed chooses
    bool tell = false;         // the trace goes to standard error
};

struct RunResult {
    std::uint64_t seed = 0;
    std::string workload;
    Findings findings;
    std::uint64_t trace_hash = 0;
    std::uint64_t steps = 0, records = 0, voids = 0, claims = 0, commits = 0, requests = 0, unsettled = 0;
    Duration lasted;  // virtual
};

RunResult run_seed(const RunOptions& options);

}  // namespace granary::simulation
