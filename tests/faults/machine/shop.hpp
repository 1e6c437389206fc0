// A machine, the houses and the buyers around it, on one virtual clock.
#pragma once

#include <string>

#include "tests/faults/machine/buyers.hpp"
#include "tests/faults/machine/machine.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/houses.hpp"
#include "tests/simulation/schedule.hpp"

namespace granary::faults {

// Not thread-safe, though the log has a thread of its own.
class Shop {
  public:
    Shop(std::uint64_t seed, std::string folder)
        : schedule(seed), houses(schedule, world_begin, [this](const simulation::Callback& callback) { buyers.tell(callback); }), machine(schedule, houses, std::move(folder), seed),
          buyers(schedule, machine, seed) {}

    // With a running machine: goes on until nothing is left to do. False when the power went, or (a finding) when it takes too long.
    bool run_to_rest(simulation::Findings& findings);

    simulation::Schedule schedule;
    simulation::Houses houses;
    Machine machine;
    Buyers buyers;

  private:
    void plan_turn(Duration delay);
    bool is_at_rest();

    Duration next_turn_{-1};
};

}  // namespace granary::faults
