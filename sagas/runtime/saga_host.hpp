// The rim of the sagas: threads that drive the runners of all partitions over the real log, store, bus and ports.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "platform/ports/carrier.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/payment_provider.hpp"
#include "platform/ports/person_eraser.hpp"
#include "platform/ports/sealer.hpp"
#include "platform/ports/store.hpp"
#include "sagas/runtime/runner_limits.hpp"
#include "sagas/runtime/saga_runner.hpp"

namespace granary::sagas {

struct SagaHostOptions {
    ports::Log& log;      // all eight outlive the host
    ports::Store& store;  // what the sagas know; its tables are created when missing, and may be deleted while stopped
    ports::CommandBus& bus;
    ports::PaymentProvider& provider;
    ports::Carrier& carrier;
    ports::Sealer& sealer;  // opens addresses for the carrier
    ports::PersonEraser& eraser;
    ports::Clock& clock;
    std::uint32_t threads = 1;  // each drives a share of the partitions
    bool hold_all = true;       // false: drive nothing until `hold`
    bool by_hand = false;       // no threads: nothing happens but in `turn`
    // How many clients wait for commands on this bus right now; sagas send the fewer at once the more there are. Thread-safe,
    // quick; empty = none wait.
    std::function<std::size_t()> clients_waiting = {};
    std::size_t partition_instances_max = 0;  // cached of each partition; 0: its share of limits::saga_live_instances_max
    RunnerLimits bounds = {};                 // of each partition
};

struct SagaPartitionStatus {
    Partition partition;
    bool held = true;     // driven here
    bool halted = false;  // by damage; an operator must look at it
    std::string reason;   // of the halt, or of the last passing fault
    RunnerStatus runner;
};

// What is unfinished, summed over the partitions.
struct SagaPending {
    std::uint64_t instances = 0;  // not ended: under way, waiting for a customer or a carrier, or parked
    std::uint64_t parked = 0;     // of them
    std::size_t open = 0;         // commands, effects and due timers in hand
    std::size_t asked = 0;        // of them: sent and not answered
    std::size_t unwritten = 0;    // instances whose rows in the store are behind what was folded
    std::uint32_t behind = 0;     // partitions with records that are not folded yet
    std::uint32_t halted = 0;     // partitions

    // Nothing moves until somebody else does something or time passes.
    bool idle() const { return open == 0 && behind == 0 && unwritten == 0; }
};

class SagaWorker;

// Thread-safe but for stop and destruction, which end the use of it.
class SagaHost final : private ports::LogObserver {
  public:
    // Creates missing tables, opens the runners and starts the threads. A damaged partition is halted, see status. Faults
    // of store and log; invalid_argument for options that make no sense.
    static Result<std::unique_ptr<SagaHost>> start(SagaHostOptions options);
    // As stop, with ten seconds; by hand: as a kill, nothing is written.
    ~SagaHost() override;

    // By hand only: one turn, without waiting; how long the next one may wait when nothing comes in.
    Duration turn();

    // Sends nothing new, waits for answers that are out, writes what is folded and ends the threads. timed_out when the
    // deadline (from now) came first; what was out is then asked for again, under the same ids, after the next start. By
    // hand the deadline is one last turn.
    Status stop(Duration deadline);

    // Drives the sagas of this partition from now on, or leaves them to another node. Two nodes at it would do no harm: what
    // a saga does is recorded in the log, once. Any thread.
    void hold(Partition partition, bool held);

    // Waits until the store tells of everything that the partition's log holds now; it may lag behind the fold otherwise.
    // timed_out after `deadline`, or when the log does not say where it ends; unavailable: these sagas are not driven here;
    // halted; faults of log and store. Any thread but the host's own.
    Status catch_up(Partition partition, Duration deadline) const;

    // One entry per partition, as of its last step.
    std::vector<SagaPartitionStatus> status() const;
    SagaPending pending() const;
    // Waits until nothing is in hand and everything is folded; false after `deadline`.
    bool wait_until_idle(Duration deadline) const;

  private:
    explicit SagaHost(SagaHostOptions options);

    void delivered(std::span<const ports::LogDelivery>) override {}
    void grown(std::span<const Partition> partitions) override;
    SagaWorker& worker_of(Partition partition) const;

    SagaHostOptions options_;
    std::uint32_t partitions_ = 0;
    std::vector<std::unique_ptr<SagaWorker>> workers_;
    bool stopped_ = false;
};

}  // namespace granary::sagas
