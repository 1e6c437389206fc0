// Runs the sagas of one partition: folds what counts, keeps the instances, asks for what is open, records what came back.
// A step loop: it owns no thread, clock or lock, and touches the world only through what `step` returns.
#pragma once

#include <cstdint>
#include <memory>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "platform/host/chain_reader.hpp"
#include "platform/ports/carrier.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/payment_provider.hpp"
#include "platform/ports/store.hpp"
#include "sagas/processes/order_fulfilment.hpp"
#include "sagas/runtime/customer_erasures.hpp"
#include "sagas/runtime/instance_cache.hpp"
#include "sagas/runtime/jobs.hpp"
#include "sagas/runtime/reservation_expiry.hpp"
#include "sagas/runtime/runner_limits.hpp"
#include "sagas/runtime/timer_window.hpp"

namespace granary::sagas {

// To be put to the command bus. The answer comes back as a Reply with the same job and round.
struct SendCommand {
    CommandId job;
    std::uint32_t round = 0;
    ports::CommandRequest request;
};
// To be asked of the payment provider or the carrier; `find`: ask only what became of it, under the same key.
struct PerformEffect {
    CommandId job;
    std::uint32_t round = 0;
    Effect effect;
    OrderId order;
    bool find = false;
    std::unique_ptr<wire::SealedT> ship_to;  // of a booking; may be null
};
using Outgoing = std::variant<SendCommand, PerformEffect, PerformErasure>;

struct CommandReply {
    ports::CommandOutcome outcome = ports::CommandOutcome::unknown;
    Position position;
    RefusalCode refusal = RefusalCode::none;
    Time time;  // of the commit, when accepted or replayed
    Duration retry_after;
};
struct Reply {
    Partition partition;
    CommandId job;
    std::uint32_t round = 0;
    std::variant<CommandReply, Result<ports::ProviderAnswer>, Result<ports::CarrierAnswer>, ErasureAnswer> answer;
};

struct StepOutput {
    std::vector<Outgoing> outgoing;  // at most `budget`
    bool more = false;               // step again at once: there is more log to fold
    bool held_back = false;          // the budget was too small: step again when answers have made room
    std::optional<Time> wake;        // else no later than this
};

struct RunnerStatus {
    Offset folded;                   // last accepted record
    Offset next;                     // where it reads on
    std::uint64_t events = 0;        // folded since the start
    std::uint64_t live = 0;          // instances that have not ended, of orders and of erasures
    std::uint64_t parked = 0;        // of them
    std::size_t open = 0;            // jobs: to be sent, waiting for an answer or for a retry, or to be closed by the fold; and instances that wait to be begun
    std::size_t asked = 0;           // of them: sent and not answered
    std::size_t unwritten = 0;       // changed instances that the store does not have yet; live and parked are as it has them
    bool dispatching = false;        // caught up with what was known at the start
};

class SagaRunner {
  public:
    // Log and store outlive the runner; the tables exist (tables::create_all). corrupt, halted: as ChainReader::open.
    static Result<SagaRunner> open(ports::Log& log, ports::Store& store, Partition partition, std::size_t cached_instances, const RunnerLimits& bounds = {});

    // Takes the replies, folds about one page, writes a batch when one is due, and gives out what to send. Nothing is sent before the
    // runner has caught up with the log's end known at `open`. After a fault nothing was given out and the step may be
    // repeated (retryable faults of log and store), or never succeeds again (halted, corrupt).
    Result<StepOutput> step(Time now, std::vector<Reply> replies, std::size_t budget);

    // Writes what the store does not have yet: before the runner is let go.
    Status flush();

    RunnerStatus status() const;
    Partition partition() const { return partition_; }

  private:
    SagaRunner(ports::Store& store, ChainReader reader, Offset end_at_start, tables::RunnerPosition position, std::size_t cached_instances, const RunnerLimits& bounds);

    // folding: saga_runner.cpp
    Status fold_page();
    Status fold_commit(const Commit& commit);
    Status fold_event(const Commit& commit, std::size_t index);
    Status fold_order_event(const Input& input, OrderId order);
    std::size_t unwritten() const { return cache_.dirty().size() + erasures_.dirty(); }
    bool must_persist();
    Status persist();
    Status begin_dispatching();

    // jobs follow the state: saga_runner_jobs.cpp
    void follow(Instance& instance, const Reaction& reaction, bool was_parked);
    void follow_timers(Instance& instance, const std::vector<tables::TimerKey>& before);
    void sync_jobs(Instance& instance);
    void add_action_job(Instance& instance, const ActionT& action);
    void drop_job(Instance& instance, CommandId id);
    bool must_wait() const;
    bool may_begin() const;
    void wait(OrderId order);
    Status fill_waiting();
    Status admit_waiting();

    // replies and retries: saga_runner_replies.cpp
    void take(const Reply& reply);
    bool take_beside(const Reply& reply);
    void take_command(Job& job, const CommandReply& reply);
    void take_provider(Job& job, const Result<ports::ProviderAnswer>& answer);
    void take_carrier(Job& job, const Result<ports::CarrierAnswer>& answer);
    void take_fault(Job& job, const Fault& fault);
    void wait_for_other_system(Job& job, const Fault& fault);
    template <class Answer>
    void take_outcome(Job& job, const Answer& answer);
    void settle(Job& job, Offset offset);
    void fail(Job& job, std::string reason);
    void park(Job& job);
    void wake_jobs();

    // sending: saga_runner_send.cpp
    Status fire_timers();
    Status end_reservations(StepOutput& out, std::size_t budget);
    Status erase_persons(StepOutput& out, std::size_t budget);
    Status send_ready(StepOutput& out, std::size_t budget);
    bool send(Job& job, Instance& instance, StepOutput& out);
    bool postpone_timer(Job& job, const Instance& instance);
    void send_command(Job& job, Instance& instance, StepOutput& out, Command command, CommandId id, EventId cause, Time not_before);
    std::optional<Command> record_of(const Job& job, const Instance& instance, const ActionT& action) const;

    ports::Store* store_;
    Partition partition_;
    ChainReader reader_;
    Offset end_at_start_;
    tables::RunnerPosition position_;
    Offset persisted_;
    InstanceCache cache_;
    JobTable jobs_;
    // Instances whose turn to be begun has not come, oldest first; they have no jobs, so the cache may let them go. Those that
    // are under way come first: a backlog is worked off order by order, not step by step through all of them, which no cache can hold.
    std::deque<OrderId> waiting_;
    bool more_wait_ = false;    // than there is room for: the store's outbox has them
    RunnerLimits bounds_;
    std::size_t busy_max_;  // jobs in hand while others wait
    TimerWindow timers_;
    ReservationExpiry expiry_;
    CustomerErasures erasures_;
    std::vector<AcceptedRecord> page_;  // read and not wholly folded: a fault came between; nothing is written meanwhile
    std::size_t page_record_ = 0;       // where to go on in it
    std::size_t page_event_ = 0;
    Time now_;
    Time unwritten_since_;      // when the oldest change that the store does not have was folded
    bool dispatching_ = false;
    bool page_empty_ = false;   // the last read found the end of the log
    std::uint64_t events_ = 0;
};

// Who stands in the commits of what a runner sends.
inline constexpr std::string_view runner_actor = "saga:order_fulfilment";
// Of a stream that sagas fold.
bool is_of_saga(const Commit& commit);
// Of a stream that erasures fold.
bool is_of_erasure(const Commit& commit);
bool begins_instance(const Event& event);
// Another id from an id, the same on every re-run.
CommandId derived_id(CommandId base, std::string_view label);
// A timer is recorded under an id of its own, so that it fires once however often it is recorded.
CommandId timer_job_id(const tables::TimerKey& timer);
const ActionT* open_action(const FulfilmentStateT& state, CommandId id);

}  // namespace granary::sagas
