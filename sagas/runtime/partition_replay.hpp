// Runs the recorded inputs of one partition's sagas through today's code, and holds what it decides against what the log recorded.
// A step loop over commits: it owns no log, thread or clock, asks nobody for anything, and changes nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sagas/processes/customer_erasure.hpp"
#include "sagas/runtime/replay_ledger.hpp"

namespace granary::sagas {

// Where one saga first parts from what today's code does. Behind it nothing of this saga is compared.
struct Divergence {
    enum class Kind : std::uint8_t {
        not_asked,   // recorded: the saga did something; today's code does not ask for it
        differs,     // recorded with other contents than today's code gives it
        no_saga,     // recorded for an order whose saga today's code never began
        unanswered,  // today's code asks for something that the log knows nothing of
    };
    OrderId order;
    Position position;       // of the commit; of `unanswered`, of the one that made today's code ask
    Time time;               // of that commit; nil for `unanswered`
    std::uint64_t step = 0;  // events that the saga had taken in before
    Kind kind = Kind::not_asked;
    std::string recorded;    // `payment_started {...}`; empty: nothing
    std::string today;       // what today's code does there, in words
    std::optional<ErasureSubject> erasure;  // of a person: `order` is nil then, unless it names one
};
std::string_view name_of(Divergence::Kind kind);  // `not_asked`
// The id that people know the saga by: its order's, or its customer's.
std::string id_text(const Divergence& divergence);

struct ReplayCounts {
    std::uint64_t sagas = 0;      // begun
    std::uint64_t steps = 0;      // events taken in
    std::uint64_t decisions = 0;  // commits that sagas caused, each compared
    std::uint64_t late = 0;       // of sagas that had ended so long before that they could not be compared
    std::uint64_t diverged = 0;   // sagas
    std::uint64_t live = 0;       // at the end: not ended, not diverged
    std::uint64_t open = 0;       // what those ask for and the log does not answer (yet); nothing of parked ones

    ReplayCounts& operator+=(const ReplayCounts& other);
};

// One event of a saga and what today's code makes of it.
struct ReplayedStep {
    Position position;
    Time time;
    std::string event;
    std::string actor;
    std::vector<std::string> asks;    // commands and effects
    std::vector<std::string> timers;  // all that are set then: `payment 2010-12-01T08:26:00Z`
    std::string phase;                // `compensating`
    bool parked = false;
};

// Holds the live sagas, what they asked for, and a few bytes for each one that has ended. Not thread-safe.
class PartitionReplay {
  public:
    // `only`: this order's saga and no other.
    explicit PartitionReplay(std::optional<OrderId> only = std::nullopt) : only_(only) {}

    void visit_steps(std::function<void(ReplayedStep)> visit) { visit_ = std::move(visit); }

    // The accepted commits of the partition, each once and in order.
    void fold(Position position, const Commit& commit);
    // Behind the last one. `at_rest`: whoever asks knows that the shop had come to rest, so what is open is a divergence.
    void finish(bool at_rest);

    const ReplayCounts& counts() const { return counts_; }
    // Those found since the last call.
    std::vector<Divergence> take_divergences() { return std::exchange(found_, {}); }
    std::size_t live() const { return live_.size(); }

  private:
    struct Saga {
        FulfilmentStateT state;
        ReplayLedger ledger;
        std::uint64_t steps = 0;
        bool revived = false;
    };
    struct Tombstone {
        Time placed_at;
        std::uint32_t reason = 0;  // place in reasons_
        Phase phase = Phase::none;
        std::uint8_t order_status = 0;
    };

    Saga* saga_for(OrderId order, const Event& event);
    bool agrees(Position position, const Commit& commit, OrderId order, const Saga* saga);
    bool agrees_with_ended(Position position, const Commit& commit, OrderId order);
    void take_in(Position position, const Commit& commit, OrderId order);
    void turn(Saga& saga, Position position, const Commit& commit, std::size_t index);
    void tell(const Saga& saga, Position position, const Commit& commit, std::size_t index, const Reaction& reaction) const;
    void bury(OrderId order, Position position);
    std::uint32_t place_of_reason(const std::string& reason);
    void diverge(Divergence divergence);
    void note_open(OrderId order, const Saga& saga, bool at_rest);

    std::optional<OrderId> only_;
    std::function<void(ReplayedStep)> visit_;
    std::unordered_map<OrderId, Saga> live_;
    std::unordered_map<OrderId, Tombstone> ended_;
    std::unordered_map<OrderId, ReplayLedger> recent_;  // of the newest ended ones: a command of theirs may still be on its way
    std::deque<OrderId> recent_order_;
    std::vector<std::string> reasons_;
    std::unordered_map<std::string, std::uint32_t> reason_places_;
    std::unordered_set<OrderId> diverged_;
    std::vector<Divergence> found_;
    ReplayCounts counts_;
};

}  // namespace granary::sagas
