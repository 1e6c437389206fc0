// One partition's command loop: owns the partition by a Claim, decides commands on the newest state, appends commits in a
// pipeline and answers when they count. Steps by hand: it owns no thread, clock, lock, random number or socket.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "command-side/runtime/aggregates.hpp"
#include "command-side/runtime/checkpoint_writer.hpp"
#include "command-side/runtime/command_index.hpp"
#include "command-side/runtime/ownership.hpp"
#include "command-side/runtime/partition_status.hpp"
#include "command-side/runtime/pipeline.hpp"
#include "command-side/runtime/shard_limits.hpp"
#include "core/limits.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/owners.hpp"
#include "platform/ports/store.hpp"

namespace granary::command_side {

struct Instant {
    Time wall;        // what commits carry; may jump
    Duration steady;  // what deadlines and pauses are measured by
};

struct ShardOptions {
    Partition partition;
    ports::Log& log;      // read through this; appends are outputs
    ports::Store& store;  // has the tables of checkpoint.hpp
    std::string node;
    std::string url;
    std::size_t aggregates_max = limits::live_aggregates_max;
    bool hold = true;                  // claim at once; else stand by until an input says `claim`
    ports::Owners* owners = nullptr;   // with others: who is asked to let go before a claim, and told of claims that were read
    ShardLimits bounds = {};
    bool raise_format = false;         // nobody else reads this log: claims say that the newest level may be written
};

struct ShardInput {
    struct Submission {
        ports::CommandRequest request;
        std::uint64_t reply = 0;  // comes back with the answer
    };
    std::vector<Submission> commands;
    std::vector<ports::LogDelivery> deliveries;
    bool grown = false;    // the log has new records of this partition, of whatever writer
    bool claim = false;    // hold the partition: own it if it stands by
    bool release = false;  // hold it no more: finish what is in flight, then stand by
    std::optional<ports::LetGoAnswer> let_go;  // of the owner that the last output asked
};

struct ShardOutput {
    struct Answer {
        std::uint64_t reply = 0;
        ports::CommandAnswer answer;
    };
    // To be given to Log::append in this order. If that refuses the call, step again with `refused` deliveries for them.
    std::vector<ports::LogAppend> appends;
    std::vector<Answer> answers;
    struct Ask {
        Partition partition;
        std::string url;
    };
    std::vector<Ask> asks;  // owners to be asked to let go; what they say comes back as ShardInput::let_go
    bool again = false;  // there is more to do at once
};

// Not thread-safe.
class Shard {
  public:
    explicit Shard(ShardOptions options);

    // Adds to `output`. To be called with every input, and at least every limits::shard_tick.
    void step(Instant now, ShardInput&& input, ShardOutput& output);

    // Nothing waits and nothing is in flight.
    bool idle() const { return queue_.empty() && held_.empty() && pipeline_.empty(); }
    // Writes what counts and is not in the checkpoint yet: at shutdown.
    Status checkpoint(Instant now);
    // Answers everything that is left, `unavailable` or, when in flight, `unknown`: at shutdown.
    void abandon(const Fault& why, ShardOutput& output);
    PartitionState state() const { return ownership_.state(); }
    // What it was told last: to hold the partition, or not.
    bool wanted() const { return ownership_.wanted(); }
    bool releasing() const { return ownership_.releasing(); }
    PartitionStatus status() const;

  private:
    // Coming in and going out (shard.cpp)
    void open();
    void admit(std::vector<ShardInput::Submission>&& commands);
    void expire();
    void write_checkpoint_if_due();
    void halt(Fault fault);
    void answer(Waiting& waiting, ports::CommandAnswer&& answer);
    void answer_unavailable(Waiting& waiting, const Fault& why);
    void answer_all_unavailable(const Fault& why);
    // At which events may be written here.
    std::uint32_t level() const { return level_ == 0 ? options_.bounds.unmarked_level : level_; }

    // Following the log (shard_log.cpp)
    void note_deliveries(const std::vector<ports::LogDelivery>& deliveries);
    void acknowledge();
    void confirm_front();
    void answer_accepted(InFlight&& entry, Offset offset);
    void enter_read_back();
    void peek_if_due();
    void read_log();
    void on_read_fault(const Fault& fault);
    Status open_reader(std::optional<ChainAnchor> anchor);
    Status load_for(const std::vector<AcceptedRecord>& records);
    void fold(const AcceptedRecord& record);
    void note_accepted(const Commit& commit, Offset offset, const Digest& hash);
    bool fold_entry(const AcceptedRecord& record);
    void settle_leftovers();
    void at_end_of_log();
    void want_claim();
    void requeue(std::deque<InFlight>&& entries);
    void look_for_held();
    void answer_held();
    void decide_held_again();

    // Owning (shard_owning.cpp)
    static bool believes_its_memory();  // never, but for a planted bug
    void notice_stall();
    void note_taking();
    void hold_again();
    void change_ownership(const ShardInput& input);
    void append_format(const Digest& behind, Time time);
    void take_let_go(const ports::LetGoAnswer& answer);
    void let_go_if_due();
    void claim_if_due();
    void claim();
    bool waits_for_owner();
    bool clock_is_off(Duration difference);
    void on_claim(const AcceptedRecord& record, const envelope::ClaimT& claim);
    void become_owner();
    void stand_by(std::string reason, bool until_asked);

    // Deciding (shard_deciding.cpp)
    bool may_decide() const;
    void decide_waiting();
    void decide(Waiting&& waiting, const std::optional<RememberedCommand>& remembered);
    Status fit_to_level(std::vector<Event>& events) const;
    void replay(Waiting&& waiting, const RememberedCommand& remembered);
    void answer_behind(Waiting&& waiting, ports::CommandAnswer&& behind);
    void follow(Follower&& follower, Offset behind, Offset known);
    Result<Offset> end_at_decision();
    void refuse_behind(Waiting&& waiting, Refusal&& refusal, std::uint64_t version);
    void commit_behind(Waiting&& waiting, Aggregates::Aggregate& aggregate, Aggregates::PartEntry* part, Commit&& commit);
    Digest newest_head();
    Time newest_time();

    const ShardOptions options_;
    std::uint32_t partitions_;
    Aggregates aggregates_;
    CommandIndex index_;
    CheckpointWriter writer_;
    Ownership ownership_;
    std::optional<ChainReader> reader_;
    ChainAnchor head_;                   // the last record that counts and is folded
    Time last_time_;                     // of the last commit that counts
    std::uint32_t level_ = 0;            // of the last Format record that counts
    Pipeline pipeline_;
    std::deque<Waiting> queue_;
    std::deque<Follower> held_;           // what they were decided on counts; the log has not been looked at as far as they need
    std::optional<Result<Offset>> end_;   // of the log, for the running batch of decisions
    std::uint64_t next_token_ = 1;

    // While true, nothing is decided and nothing is acknowledged but by reading the log to its end; no speculation.
    bool read_back_ = true;
    bool read_due_ = true;
    bool check_anchor_ = false;
    bool grown_ = false;
    Duration read_not_before_;
    Duration next_peek_;
    Duration next_expiry_;
    Duration last_step_;

    std::uint64_t commits_ = 0;
    std::uint64_t accepted_ = 0;
    std::uint64_t redecided_ = 0;
    std::uint64_t claims_ = 0;
    std::uint64_t takeovers_ = 0;
    Duration takeover_time_;
    std::optional<Duration> taking_since_;  // while told to hold the partition and not owning it
    Offset first_read_;

    // Of the running step.
    Instant now_;
    ShardOutput* output_ = nullptr;
};

}  // namespace granary::command_side
