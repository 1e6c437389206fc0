// One thread of the command side: runs its shards over one mailbox, so that all commands waiting are decided together and
// go to the log in one call.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "command-side/runtime/shard.hpp"
#include "platform/host/cluster/held_partitions.hpp"
#include "platform/host/mailbox.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/disk.hpp"

namespace granary::command_side {

using AskToLetGo = std::function<void(Partition, std::string, std::function<void(ports::LetGoAnswer)>)>;
using LetGoReply = std::function<void(ports::LetGo)>;

// What answers of other nodes pass through: they may come after the host has gone.
struct AnswerGate {
    std::mutex mutex;
    bool open = true;
};

// What all workers of one host share.
struct HostShared {
    ports::Log& log;
    ports::Store& store;
    ports::Clock& clock;
    ports::Disk* disk = nullptr;
    std::string node;
    std::string url;
    std::size_t aggregates_max = 0;            // per shard
    std::uint64_t disk_free_min_bytes = 0;
    std::atomic<std::size_t> unanswered = 0;   // commands that were taken and have no answer yet
    std::atomic<std::size_t> waited_for = 0;   // of them, those that are not in the background
    std::atomic<bool> disk_low = false;
    std::function<void()> owned_changed;       // some worker's all_owned may have changed
    ShardLimits bounds;                        // of each shard
    bool hold_all = true;
    bool raise_format = false;
    ports::Owners* owners = nullptr;
    HeldPartitions* held = nullptr;
    AskToLetGo ask_to_let_go;
    std::shared_ptr<AnswerGate> gate = std::make_shared<AnswerGate>();
};

using CommandReply = std::function<void(ports::CommandAnswer)>;

class HostWorker {
  public:
    // Of `count` workers this one runs the partitions whose number modulo `count` is `index`.
    HostWorker(HostShared& shared, std::uint32_t index, std::uint32_t count);
    ~HostWorker();

    void start();
    // One turn of the loop, which waits up to `patience` for a message first. True: it was the last one. For the thread, or in its
    // place for whoever did not start it.
    bool turn(Duration patience);
    // The next turn has something to do at once.
    bool wants_turn() const { return output_.again; }
    // Nothing waits, nothing is in flight and everything is held as it should be. Not beside the thread.
    bool quiet() const { return idle() && all_as_wanted(); }
    // From any thread. False, and nothing is taken, after the end.
    bool submit(Partition partition, ports::CommandRequest& request, CommandReply& reply);
    void deliver(std::vector<ports::LogDelivery>&& deliveries);
    void note_growth(Partition partition);
    void claim(Partition partition, bool claim_or_release);
    // Replies `gone` once the partition is not held, or `kept` when it is to be.
    void let_go(Partition partition, LetGoReply reply);
    // Whatever this worker is told to hold.
    bool all_owned() const { return wishes_.load() == 0 && all_owned_.load(); }
    std::vector<PartitionStatus> status() const;

    // Finishes what is there, at the latest at `deadline` (monotonic), and ends the thread.
    void begin_stop(Duration deadline);
    // Waits for the end. timed_out: something had to be left; or the fault of the last checkpoint.
    Status join();

  private:
    struct Submission {
        Partition partition;
        ports::CommandRequest request;
        CommandReply reply;
    };
    struct Deliveries {
        std::vector<ports::LogDelivery> list;
    };
    struct Ownership {
        Partition partition;
        bool claim = true;
    };
    struct LetGoRequest {
        Partition partition;
        LetGoReply reply;
    };
    struct LetGoHeard {
        Partition partition;
        ports::LetGoAnswer answer;
    };
    using Message = std::variant<Submission, Deliveries, Ownership, LetGoRequest, LetGoHeard>;

    void run();
    void take(Message&& message);
    void take_growth();
    void step_all(Instant now, bool tick);
    void append_all();
    void refuse_appends(std::span<const std::pair<Partition, std::uint64_t>> tokens, const Fault& why);
    void give_answers();
    void ask_owners();
    void answer_let_go(bool all);
    void note_hold(const Shard& shard, Partition partition);
    bool all_as_wanted() const;
    void publish();
    void watch_disk(Duration steady);
    void finish(Instant now);
    bool idle() const;
    Instant now() const { return {shared_->clock.now(), shared_->clock.monotonic()}; }
    std::size_t place_of(Partition partition) const { return partition.number / count_; }
    ShardInput& input_of(Partition partition);

    HostShared* shared_;
    std::uint32_t index_;
    std::uint32_t count_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::vector<ShardInput> inputs_;
    std::vector<bool> touched_;
    ShardOutput output_;
    std::vector<Message> messages_;
    std::unordered_map<std::uint64_t, CommandReply> replies_;
    std::uint64_t next_reply_ = 1;
    std::vector<LetGoRequest> let_go_;
    Duration next_tick_;
    Duration next_disk_check_;
    Mailbox<Message> mailbox_;
    std::vector<std::atomic<bool>> grown_;
    std::atomic<bool> any_grown_ = false;
    std::atomic<bool> all_owned_ = false;
    std::atomic<std::size_t> wishes_ = 0;  // to hold or not, and not acted on
    std::size_t wishes_taken_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::int64_t> stop_at_us_ = 0;
    mutable std::mutex status_mutex_;
    std::vector<PartitionStatus> status_;
    Status ended_;
    std::thread thread_;
};

}  // namespace granary::command_side
