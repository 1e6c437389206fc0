// Runs worlds side by side, each in a process of its own: what breaks may well end it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "tests/faults/machine/child.hpp"
#include "tests/faults/machine/mutants.hpp"
#include "tests/faults/power/world.hpp"

namespace granary::faults {

struct SeedResult {
    std::uint64_t seed = 0;
    WorldResult world;
};

struct SeedRunnerOptions {
    std::uint64_t from = 1;
    unsigned jobs = 1;
    const Mutant* mutant = nullptr;
    bool lies = false;
};

class SeedRunner {
  public:
    explicit SeedRunner(SeedRunnerOptions options) : options_(options) {}

    // Calls `take` in the order of the seeds, from `from` on, until it returns false.
    void run(const std::function<bool(const SeedResult&)>& take);
    WorldResult run_alone(std::uint64_t seed);

  private:
    Child begin(std::uint64_t seed) const;
    static WorldResult finish(const Child& child);

    SeedRunnerOptions options_;
};

// In this process, in a temporary folder; what is in it stays there when something is wrong, and is named.
WorldResult run_one(WorldOptions options);
void add(WorldResult& sum, const WorldResult& one);

}  // namespace granary::faults
