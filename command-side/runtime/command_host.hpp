// The rim of the command side: worker threads that run this node's shards over the real log, store and clock.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "command-side/runtime/partition_status.hpp"
#include "command-side/runtime/shard_limits.hpp"
#include "core/limits.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/disk.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/membership.hpp"
#include "platform/ports/owners.hpp"
#include "platform/ports/store.hpp"

namespace granary {
class HeldPartitions;
}

namespace granary::command_side {

struct CommandHostOptions {
    ports::Log& log;              // all four outlive the host
    ports::Store& store;          // checkpoints; its tables are created when missing (see checkpoint.hpp)
    ports::Clock& clock;
    ports::Disk* disk = nullptr;  // nullptr: free space is not watched
    std::string node;             // name of this node in its claims
    std::string url;              // where other nodes reach it; may be empty
    std::uint32_t threads = 1;    // each runs a share of the partitions
    bool by_hand = false;         // no threads: nothing happens but in `turn`
    std::uint64_t disk_free_min_bytes = limits::disk_free_min_bytes;
    std::size_t shard_aggregates_max = 0;  // cached by each shard; 0: its share of limits::live_aggregates_max
    ShardLimits bounds = {};               // of each shard

    // With others on the same log. Without them a node claims all partitions at once.
    bool hold_all = true;                // false: hold nothing until `suggest`
    bool raise_format = false;           // only together with hold_all: nobody else reads this log, so it may hold what this build can write
    ports::Owners* owners = nullptr;     // told of claims; whom it names is asked to let go before a claim
    HeldPartitions* held = nullptr;      // kept up to date
    // Asks the node at `url` to let go, and hands over what it says exactly once; on any thread, within limits::let_go_deadline.
    std::function<void(Partition, std::string url, std::function<void(ports::LetGoAnswer)>)> ask_to_let_go;
};

class HostWorker;
struct HostShared;

// Thread-safe but for stop and destruction, which end the use of it. Answers are given on the worker threads.
class CommandHost final : public ports::CommandBus, private ports::LogObserver {
  public:
    // Creates missing tables, reads the checkpoints and starts the threads; claiming goes on in the background (see ready).
    // Faults of the store; invalid_argument for options that make no sense.
    static Result<std::unique_ptr<CommandHost>> start(CommandHostOptions options);
    // As stop, with ten seconds; by hand: as a kill, nothing is finished or answered.
    ~CommandHost() override;

    // `unavailable` at once when limits::shard_queue_max commands are unanswered, when the disk is low, or after stop.
    void submit(ports::CommandRequest request, std::function<void(ports::CommandAnswer)> done) override;

    // Every partition that this node is told to hold is owned by it, and it was told.
    bool ready() const;
    // Waits until ready; false after `deadline`.
    bool wait_until_ready(Duration deadline) const;
    // Commands in hand whose answer somebody waits for.
    std::size_t clients_waiting() const;
    // One entry per partition, at most some 100 ms old.
    std::vector<PartitionStatus> status() const;
    // False while free space is under disk_free_min_bytes: commands are answered `unavailable`.
    bool accepts_commands() const;

    // Holds what is suggested from now on and lets go of the rest.
    void suggest(const ports::Suggestion& suggestion);
    // Claims a partition that stands by; does nothing in any other state.
    void claim(Partition partition);
    // Answers what is in flight, then stands by until claimed.
    void release(Partition partition);
    // Another node wants to claim: replies `gone` once nothing of this node's is in flight there, `kept` when it is told to
    // hold the partition. On a worker thread, or the caller's.
    void let_go(Partition partition, std::function<void(ports::LetGo)> reply);

    // By hand only: one turn, without waiting. True: the next one has something to do at once; else it may wait for whatever
    // comes in, or for limits::shard_tick unless the host is quiet.
    bool turn();
    // By hand only: nothing waits or is in flight, and everything is held that should be.
    bool quiet() const;

    // Takes nothing new, finishes what is queued and in flight, writes the last checkpoints and ends the threads. timed_out
    // when the deadline (from now) came first: what was left is answered `unavailable`, or `unknown` if it was in flight. By
    // hand the deadline is one last turn.
    Status stop(Duration deadline);

  private:
    explicit CommandHost(CommandHostOptions options);

    void delivered(std::span<const ports::LogDelivery> deliveries) override;
    void grown(std::span<const Partition> partitions) override;
    HostWorker& worker_of(Partition partition);

    std::uint32_t partitions_;
    const bool by_hand_;
    std::unique_ptr<HostShared> shared_;
    std::vector<std::unique_ptr<HostWorker>> workers_;
    std::atomic<bool> open_{false};
    std::atomic<bool> told_{false};
    std::mutex suggested_mutex_;
    std::vector<bool> suggested_;
    bool stopped_ = false;
    mutable std::mutex ready_mutex_;
    mutable std::condition_variable ready_changed_;
};

}  // namespace granary::command_side
