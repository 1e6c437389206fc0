// What today's code asked for in one saga, kept so that the commits by which the log says that it was done can be held against it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sagas/processes/order_fulfilment.hpp"
#include "sagas/runtime/saga_tables.hpp"
#include "schemas/commit.hpp"

namespace granary::sagas {

// How a commit of a saga differs from what today's code asked for.
struct Disagreement {
    enum class Kind : std::uint8_t {
        not_asked,  // it asked for nothing that this could be
        differs,    // it asked for it, with other contents
    };
    Kind kind = Kind::not_asked;
    std::vector<std::string> fields;  // `differs`: which
    std::string asked;                // `differs`: what it asked for instead, in words
};

class ReplayLedger {
  public:
    // After each turn: takes over what it asked for, in the form that it has by now, and which timers are set. `cause` is the
    // turn's event, which stands at `position`.
    void note(const FulfilmentStateT& state, EventId cause, Position position);

    // nullopt: today's code asks for just this. The commit's actor is the runner, and it has an event.
    std::optional<Disagreement> check(const Commit& commit) const;

    // The position of the commit that made it ask; nullopt: it never did.
    std::optional<Position> asked_at(CommandId id) const;

  private:
    struct Asked {
        ActionT action;
        Sku sku;                        // of a step of stock
        std::optional<Effect> effect;   // as it was asked for
        std::vector<Command> commands;  // in each form that it had while it was open: the runner may have sent any of them
        std::string newest;             // the last one's bytes
        Position position;
    };

    const Asked* find(CommandId id) const;
    void add(const FulfilmentStateT& state, const ActionT& action, Position position);
    void note_form(const FulfilmentStateT& state, const ActionT& action);

    std::optional<Disagreement> check_command(const Asked& asked, const Commit& commit) const;
    std::optional<Disagreement> check_outcome(const Commit& commit) const;
    std::optional<Disagreement> check_event(const order_fulfilment::AnswerRecordedT& event, const Commit& commit) const;
    std::optional<Disagreement> check_event(const order_fulfilment::TimerFiredT& event, const Commit& commit) const;
    std::optional<Disagreement> check_event(const order_fulfilment::InstanceParkedT& event, const Commit& commit) const;
    // Operators alone decide these.
    std::optional<Disagreement> check_event(const order_fulfilment::InstanceRetriedT&, const Commit&) const { return Disagreement{}; }
    std::optional<Disagreement> check_event(const order_fulfilment::StepSkippedT&, const Commit&) const { return Disagreement{}; }
    std::optional<Disagreement> check_event(const order_fulfilment::CompensationRequestedT&, const Commit&) const { return Disagreement{}; }

    std::vector<Asked> asked_;
    std::vector<tables::TimerKey> timers_;
    std::uint32_t parks_ = 0;
};

}  // namespace granary::sagas
