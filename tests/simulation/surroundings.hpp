// What simulated nodes share, and what outlives their processes: time, log, group, network and houses.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/check.hpp"
#include "platform/adapters/keys/key_store.hpp"
#include "platform/adapters/memory/memory_group.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "platform/ports/random.hpp"
#include "tests/simulation/broker.hpp"
#include "tests/simulation/houses.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/people.hpp"
#include "tests/simulation/schedule.hpp"

namespace granary::simulation {

inline constexpr Time world_begin{1'700'000'000'000'000};

// The schedule's own clock: of what belongs to no machine.
class WorldClock final : public ports::Clock {
  public:
    explicit WorldClock(const Schedule& schedule) : schedule_(schedule) {}

    Time now() const override { return world_begin + schedule_.now(); }
    Duration monotonic() const override { return schedule_.now(); }

  private:
    const Schedule& schedule_;
};

// Nonces and fresh ids, from dice of their own.
class WorldRandom final : public ports::Random {
  public:
    explicit WorldRandom(std::uint64_t seed) : dice_(seed) {}

    Uuid bits() override {
        const std::uint64_t hi = dice_.roll();
        return {hi, dice_.roll()};
    }

  private:
    Dice dice_;
};

struct Surroundings {
    Surroundings(std::uint64_t seed, std::uint32_t partitions)
        : schedule(seed), log(schedule, {{0x51AA, seed}, partitions}), group(partitions), network(schedule),
          houses(schedule, world_begin, [this](Callback callback) { call_back(std::move(callback)); }), clock(schedule), random(seed ^ 0x7A7A), people(seed) {
        auto opened = open_key_store(key_store, clock, random);
        GRANARY_CHECK(opened.has_value());
        keys = std::move(*opened);
    }

    Schedule schedule;
    Broker log;
    memory::MemoryGroup group;
    Network network;
    Houses houses;
    WorldClock clock;
    WorldRandom random;
    People people;
    memory::MemoryStore key_store;  // which all nodes share, and which has no troubles
    std::unique_ptr<ports::KeyStore> keys;
    std::function<void(Callback)> call_back;
    bool busy = true;  // something happens every moment; else nodes look around once a minute only
};

}  // namespace granary::simulation
