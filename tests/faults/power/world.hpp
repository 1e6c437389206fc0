// One seed: a machine does business and loses its power again and again; after each time what it was trusted with must be there.
#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/history.hpp"

namespace granary::faults {

struct WorldOptions {
    std::uint64_t seed = 1;
    std::string folder;   // for the machine's files; removed at the end
    bool lies = false;    // the disk answers syncs of the log's files and does not do them, but for the high-water mark's
    bool tell = false;    // what happens goes to standard error
};

struct WorldResult {
    simulation::Findings findings;
    std::uint64_t losses = 0;          // of power
    std::uint64_t at_start = 0;        // of them: while the machine was coming up
    std::uint64_t acknowledged = 0;    // answers that said that something is durable
    std::uint64_t commits = 0, records = 0, orders = 0;
    std::uint64_t lost = 0, twice = 0; // acknowledged commits that are gone, or there more than once
    std::uint64_t noticed = 0;         // lies of the disk: a start was refused or a read said what is missing, and something acknowledged was gone
};

WorldResult run_world(const WorldOptions& options);

}  // namespace granary::faults
