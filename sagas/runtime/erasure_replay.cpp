// An erasure asks for one thing at a time, and the id of what records it follows from the id of the asking.
#include "sagas/runtime/erasure_replay.hpp"

#include "core/json_writer.hpp"
#include "sagas/runtime/customer_erasures.hpp"
#include "sagas/runtime/recorded_decisions.hpp"

namespace granary::sagas {
namespace {

using customer_erasure::Step;

std::string fields_of(const Event& event) {
    JsonWriter json;
    write_json(json, event);
    return json.take();
}

std::string erasure_in_words(const Commit& commit) {
    const auto& event = commit.events.front().event;
    return std::string(granary::name_of(event)) + ' ' + fields_of(event) + " by command " + text_of(commit.meta.command_id);
}

// What only the log can say of a look: how many orders it found.
std::uint32_t orders_under_way_in(const Event& event, const ErasureStateT& asked) {
    const auto* own = std::get_if<customer_erasure::Event>(&event);
    const auto* look = own == nullptr ? nullptr : std::get_if<customer_erasure::OrdersFoundT>(own);
    return look == nullptr ? asked.orders_under_way : look->orders_under_way;
}

const customer_erasure::ErasureParkedT* parking_in(const Event& event) {
    const auto* own = std::get_if<customer_erasure::Event>(&event);
    return own == nullptr ? nullptr : std::get_if<customer_erasure::ErasureParkedT>(own);
}

std::string waits_for(const ErasureStateT& state) {
    std::string text = state.step == Step::none ? "asks for nothing" : "asks for " + std::string(customer_erasure::EnumNameStep(state.step)) + ", from " + rfc3339_of(state.not_before) + " on";
    if (state.parked) text = "is parked at " + std::string(customer_erasure::EnumNameStep(state.parked_step)) + ", " + text;
    return text + " (" + EnumNameErasurePhase(state.phase) + ")";
}

Disagreement differs(const Command& command, std::string field = {}) {
    Disagreement found{Disagreement::Kind::differs, {}, std::string(granary::name_of(command)) + ' ' + json_of(command)};
    if (!field.empty()) found.fields.push_back(std::move(field));
    return found;
}

// The events of an erasure have the fields of the commands that they are accepted from.
std::optional<Disagreement> compare(const Command& command, const Commit& commit, EventId cause) {
    if (commit.events.size() != 1 || json_of(command) != fields_of(commit.events.front().event)) return differs(command);
    if (commit.meta.causation != cause) return differs(command, "causation");
    return std::nullopt;
}

}  // namespace

void ErasureReplay::fold(Position position, const Commit& commit) {
    for (std::size_t i = 0; i < commit.events.size(); ++i) {
        const auto subject = erasure_of(commit.events[i].event);
        if (!subject || (only_ && subject->person != *only_) || diverged_.contains(subject->person)) continue;
        if (i == 0 && commit.meta.actor == erasure_actor) {
            ++counts_.decisions;
            if (!agrees(position, commit, *subject)) return;
        }
        take_in(position, commit, i, *subject);
    }
}

bool ErasureReplay::agrees(Position position, const Commit& commit, const ErasureSubject& subject) {
    const auto found = live_.find(subject.person);
    if (found == live_.end() && ended_.contains(subject.person)) {
        ++counts_.late;
        return true;
    }
    Divergence divergence{subject.order, position, commit.meta.time, 0, Divergence::Kind::no_saga, erasure_in_words(commit), "has no erasure of this person", subject};
    if (found != live_.end()) {
        const auto disagreement = check(found->second, commit);
        if (!disagreement) return true;
        const bool asked = disagreement->kind == Disagreement::Kind::differs;
        divergence.kind = asked ? Divergence::Kind::differs : Divergence::Kind::not_asked;
        divergence.step = found->second.steps;
        divergence.today = asked ? "asks for " + disagreement->asked + (disagreement->fields.empty() ? "" : ": other " + disagreement->fields.front()) : waits_for(found->second.state);
    }
    diverge(std::move(divergence));
    return false;
}

// nullopt: today's code asked for just this. Something asked for earlier may have been on its way when the next thing was.
std::optional<Disagreement> ErasureReplay::check(const Erasure& erasure, const Commit& commit) {
    const auto& event = commit.events.front().event;
    for (auto asked = erasure.asked.rbegin(); asked != erasure.asked.rend(); ++asked) {
        const auto& state = asked->state;
        std::optional<Command> command;
        if (const auto record = record_of(state, orders_under_way_in(event, state)); commit.meta.command_id == record_id_of(state, record)) command = record;
        const auto* parking = parking_in(event);
        for (std::uint32_t parks = 0; parking != nullptr && parks <= erasure.state.parks; ++parks) {
            if (commit.meta.command_id == park_id_of(state, parks)) command = park_command_of(state, parking->reason);
        }
        if (!command) continue;
        if (commit.meta.correlation != state.correlation) return differs(*command, "correlation");
        return compare(*command, commit, state.cause);
    }
    return Disagreement{};
}

void ErasureReplay::take_in(Position position, const Commit& commit, std::size_t index, const ErasureSubject& subject) {
    const auto& event = commit.events[index].event;
    auto found = live_.find(subject.person);
    // What comes after the end concerns nobody.
    if (found == live_.end() && !begins_erasure(event)) return;
    if (found == live_.end()) {
        found = live_.try_emplace(subject.person).first;
        ++counts_.sagas;
    }
    auto& [state, asked, steps] = found->second;
    const auto& meta = commit.meta;
    const CommandId action = state.action;
    react(state, {event, event_id(meta.command_id, index), meta.command_id, meta.time, meta.correlation, meta.traceparent});
    const bool asks = state.step != Step::none && state.action != action;
    if (asks) asked.push_back({state, position});
    ++steps;
    ++counts_.steps;
    if (visit_) {
        ReplayedStep step{position, meta.time, std::string(granary::name_of(event)), meta.actor, {}, {}, EnumNameErasurePhase(state.phase), state.parked};
        if (asks) step.asks.emplace_back(customer_erasure::EnumNameStep(state.step));
        if (asks && state.not_before > meta.time) step.timers.push_back(std::string(customer_erasure::EnumNameStep(state.step)) + ' ' + rfc3339_of(state.not_before));
        visit_(std::move(step));
    }
    if (!has_ended(state)) return;
    ended_.insert(subject.person);
    live_.erase(found);
}

void ErasureReplay::diverge(Divergence divergence) {
    const PersonId person = divergence.erasure->person;
    found_.push_back(std::move(divergence));
    ++counts_.diverged;
    diverged_.insert(person);
    live_.erase(person);
}

void ErasureReplay::finish(bool at_rest) {
    for (const auto& [person, erasure] : live_) {
        const auto& state = erasure.state;
        ++counts_.live;
        const bool waits_for_orders = state.phase == ErasurePhase::waiting && state.looks > 0 && state.not_before > state.caused_at;
        if (state.parked || state.step == Step::none || waits_for_orders) continue;
        ++counts_.open;
        if (!at_rest) continue;
        const auto subject = subject_of(state);
        found_.push_back({subject.order, erasure.asked.back().position, {}, erasure.steps, Divergence::Kind::unanswered, {}, waits_for(state), subject});
        ++counts_.diverged;
        --counts_.live;
    }
}

}  // namespace granary::sagas
