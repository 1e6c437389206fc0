// What one runner has in hand: each open action, due timer or parking as a job that is sent, answered, recorded and settled.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>

#include "core/refusal.hpp"
#include "platform/ports/carrier.hpp"
#include "platform/ports/payment_provider.hpp"
#include "sagas/runtime/saga_tables.hpp"

namespace granary::sagas {

// The final answer to a command of another partition, or to a refused one of the own.
struct PlainAnswer {
    bool accepted = false;
    RefusalCode refusal = RefusalCode::none;
    Time time;  // of the commit that accepted it
};

struct Job {
    enum class Kind : std::uint8_t { action, timer, park };
    enum class Stage : std::uint8_t {
        ready,    // waits for its turn to be sent
        asked,    // sent; the answer is out
        delayed,  // waits for its next try
        settled,  // recorded; the fold will close it
    };

    CommandId id;
    OrderId order;
    Kind kind = Kind::action;
    Stage stage = Stage::ready;
    order_fulfilment::Step step = order_fulfilment::Step::none;
    bool effect = false;
    bool own_partition = false;  // an accepted command is answered by its own event
    bool find = false;           // the last answer was indefinite: ask what became of it
    bool ever_sent = false;
    std::uint32_t round = 0;     // tells the answer to this try from one to an earlier try
    std::uint32_t attempts = 0;  // tries that failed for good; too many park the instance
    std::uint32_t delays = 0;    // tries that found the command side busy
    std::uint32_t absences = 0;  // tries that found the other system away or busy
    std::variant<std::monostate, PlainAnswer, ports::ProviderAnswer, ports::CarrierAnswer> answer;  // to be recorded
    Offset settled_at;           // the fold closes it once it has passed this
    std::string reason;          // of a parking, and the last failure
    tables::TimerKey timer;
    Time wake;                   // of every stage but ready

    bool has_answer() const { return answer.index() != 0; }
};

// Not thread-safe. Pointers stay valid until the job is erased.
class JobTable {
  public:
    Job* find(CommandId id);
    // Adds it in stage ready; the id must be new.
    Job& add(Job job);
    void erase(CommandId id);

    // The next one to send, oldest first; it stays ready until marked otherwise. nullptr: none.
    Job* next_ready();
    void make_ready(Job& job) { move_to(job, Job::Stage::ready, {}); }
    void mark_asked(Job& job, Time until) { move_to(job, Job::Stage::asked, until); }
    void delay(Job& job, Time until) { move_to(job, Job::Stage::delayed, until); }
    void settle(Job& job, Offset offset, Time until);
    // One whose wake time has come, or nullptr; the caller moves it on.
    Job* next_due(Time now);
    std::optional<Time> next_wake() const;

    bool any_ready() const { return ready_count_ > 0; }
    std::size_t size() const { return jobs_.size(); }
    // Jobs that still cost something: all but the settled ones, and timers. Those may wait for actions that wait for room here.
    std::size_t unsettled() const { return unsettled_count_; }
    std::size_t asked() const { return asked_count_; }
    // Of those: being worked on, not waiting for a later try.
    std::size_t busy() const { return busy_count_; }

  private:
    void move_to(Job& job, Job::Stage stage, Time wake);
    void count(const Job& job, std::size_t one);

    std::unordered_map<CommandId, Job> jobs_;
    std::deque<CommandId> ready_;  // may name jobs that moved on or were erased
    std::set<std::pair<Time, CommandId>> wakes_;
    std::size_t ready_count_ = 0;
    std::size_t unsettled_count_ = 0;
    std::size_t busy_count_ = 0;
    std::size_t asked_count_ = 0;
};

// Exponential, capped, spread by the id's bits so that many jobs don't come back at once; the same for the same job.
Duration retry_delay(CommandId id, std::uint32_t attempts);

}  // namespace granary::sagas
