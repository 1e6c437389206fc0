// What simulated nodes share, and what outlives their processes: time, log, group, network and houses.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "platform/adapters/memory/memory_group.hpp"
#include "tests/simulation/broker.hpp"
#include "tests/simulation/houses.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/schedule.hpp"

namespace granary::simulation {

inline constexpr Time world_begin{1'700'000'000'000'000};

struct Surroundings {
    Surroundings(std::uint64_t seed, std::uint32_t partitions)
        : schedule(seed), log(schedule, {{0x51AA, seed}, partitions}), group(partitions), network(schedule),
          houses(schedule, world_begin, [this](Callback callback) { call_back(std::move(callback)); }) {}

    Schedule schedule;
    Broker log;
    memory::MemoryGroup group;
    Network network;
    Houses houses;
    std::function<void(Callback)> call_back;
    bool busy = true;  // something happens every moment; else nodes look around once a minute only
};

}  // namespace granary::simulation
