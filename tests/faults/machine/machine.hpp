// One machine: the real stores, log, command host, sagas and views on files below one folder, driven by hand on a virtual clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "command-side/runtime/command_host.hpp"
#include "platform/adapters/keys/key_store.hpp"
#include "platform/adapters/keys/sealer.hpp"
#include "platform/ports/clock.hpp"
#include "projections/runtime/projection_host.hpp"
#include "sagas/runtime/saga_host.hpp"
#include "tests/faults/machine/tapped_log.hpp"
#include "tests/simulation/houses.hpp"

namespace granary::faults {

inline constexpr Time world_begin{1'700'000'000'000'000};

// What it takes at once: the program's own limits, or smaller ones, so that flushes, checkpoints and compactions come often.
struct MachineBounds {
    std::uint32_t partitions = 1;
    std::size_t log_buffer_bytes = std::size_t{64} << 20;
    std::size_t store_buffer_bytes = std::size_t{16} << 20;
    std::size_t shard_aggregates_max = 0;
    command_side::ShardLimits shard;
    std::size_t partition_instances_max = 0;
    sagas::RunnerLimits runner;
    projections::ProjectorLimits views;
    std::uint32_t unsettled_permille = 0;  // turns that don't wait for the log's writer thread
};

class WorldClock final : public ports::Clock {
  public:
    explicit WorldClock(const simulation::Schedule& schedule) : schedule_(schedule) {}
    Time now() const override { return world_begin + schedule_.now(); }
    Duration monotonic() const override { return schedule_.now(); }

  private:
    const simulation::Schedule& schedule_;
};

class SeededRandom final : public ports::Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : dice_(seed) {}
    Uuid bits() override { return {dice_.roll(), dice_.roll()}; }

  private:
    simulation::Dice dice_;
};

class Machine {
  public:
    Machine(simulation::Schedule& schedule, simulation::Houses& houses, std::string folder, std::uint64_t seed);
    ~Machine();

    MachineBounds bounds;
    // Opens everything in the order of the program; what is missing is made. Does nothing while it runs.
    Status start();
    // As kill -9: nothing more is written on purpose.
    void end();
    // As SIGTERM: last writes, then the end.
    Status stop();

    bool runs() const { return life_ != nullptr; }
    // One turn of every thread of the program, in any order; how long the next one may wait.
    Duration turn();
    // Nothing moves until somebody does something, or time passes.
    bool at_rest();

    const std::string& folder() const { return folder_; }
    KnownRecords& known() { return known_; }
    // Stores that were damaged and are made afresh, since the machine was built.
    std::uint64_t begun_afresh() const { return begun_afresh_; }
    // Of a running machine.
    ports::CommandBus& bus();
    TappedLog& log();
    ports::Sealer& sealer();
    ports::Store& views_store();
    // All of them, by the names of their folders.
    std::vector<std::pair<ports::Store*, std::string>> stores();
    projections::ProjectionHost& views();
    sagas::SagaHost& sagas();
    command_side::CommandHost& commands();

  private:
    struct Life;
    Status open_stores(Life& life);
    Status open_log(Life& life);
    Status open_hosts(Life& life);

    simulation::Schedule& schedule_;
    simulation::Houses& houses_;
    const std::string folder_;
    WorldClock clock_;
    SeededRandom random_;
    KnownRecords known_;
    std::shared_ptr<Life> life_;
    Duration next_look_;
    std::uint64_t begun_afresh_ = 0;
};

}  // namespace granary::faults
