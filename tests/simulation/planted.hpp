// Looks for planted bugs: how many seeds it takes until one fails.
#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/workload.hpp"

namespace granary::simulation {

struct SearchOptions {
    std::uint64_t from = 1;
    std::uint64_t seeds = 2000;
    std::uint32_t jobs = 1;  // so many bugs at once, each in a process of its own
    const Mix* mix = nullptr;
};

// `name`: of a mutant, or `all`, or `list`. Prints one line each. 0: all were found; 1: some were not; 2: there is none of this name.
int search_planted(const std::string& name, const SearchOptions& options);

}  // namespace granary::simulation
