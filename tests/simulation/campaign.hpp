// Many seeds, in several processes: what failed, how to run it again, and what all of them came to.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "tests/simulation/workload.hpp"

namespace granary::simulation {

struct CampaignOptions {
    std::uint64_t from = 1;
    std::uint64_t seeds = 100;
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();  // no seed is begun after this
    std::uint32_t jobs = 1;      // processes
    const Mix* mix = nullptr;    // null: each seed chooses
    std::string mix_option;      // for the command that runs a seed again; empty, or ` --workload NAME`
    bool wants_marks = false;    // tell of each mark how many seeds reach it
};

// Counts of seeds that were run. Lies in memory that processes share, so it is plain.
struct Sums {
    std::uint64_t seeds = 0, failed = 0, steps = 0, records = 0, voids = 0, claims = 0, commits = 0, repeated = 0, requests = 0, unsettled = 0;
    std::array<std::uint64_t, 32> workloads{};  // by place in all_mixes()
    std::array<std::uint64_t, 256> reached{};   // by place in all_marks(): seeds
};

// Prints failures as they come, and the sums, and of how many seeds when time ended it. Exit code of the program: 0, or 1 when a seed failed or, with wants_marks, a mark was
// never reached. A seed that ends its process is a failed one.
int run_campaign(const CampaignOptions& options);

// One seed, in this process, with everything that happens on standard error unless `quiet`.
int replay(std::uint64_t seed, const CampaignOptions& options, bool quiet);

}  // namespace granary::simulation
