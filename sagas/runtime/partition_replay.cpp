// Folds as the runner folds; before each event that the saga itself caused, it asks the ledger whether today's code wanted it.
#include "sagas/runtime/partition_replay.hpp"

#include <algorithm>
#include <utility>

#include "core/json_writer.hpp"
#include "sagas/runtime/action_words.hpp"
#include "sagas/runtime/replay_limits.hpp"
#include "sagas/runtime/saga_runner.hpp"

namespace granary::sagas {
namespace {

std::string in_words(const Event& event) {
    JsonWriter json;
    write_json(json, event);
    return std::string(granary::name_of(event)) + ' ' + json.take();
}

std::string in_words(const Commit& commit) {
    std::string text;
    for (const auto& item : commit.events) text += (text.empty() ? "" : ", ") + in_words(item.event);
    return text + " by command " + text_of(commit.meta.command_id);
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

std::string in_words(const order_fulfilment::Timer timer, Time due) { return std::string(order_fulfilment::EnumNameTimer(timer)) + ' ' + rfc3339_of(due); }

std::vector<std::string> timers_in_words(const FulfilmentStateT& state) {
    std::vector<std::string> texts;
    for (const auto& timer : state.timers) texts.push_back(in_words(timer->timer, timer->due));
    return texts;
}

// What today's code waits for, when the log goes on with something else.
std::string waits_for(const FulfilmentStateT& state) {
    std::vector<std::string> open;
    for (const auto& action : state.open) {
        if (!state.parked || action->kind == ActionKind::park) open.push_back(describe(state, *action) + " by command " + text_of(action->id));
    }
    std::string text = open.empty() ? "asks for nothing" : "asks for " + joined(open);
    if (state.parked) text = "is parked at " + std::string(order_fulfilment::EnumNameStep(state.parked_step)) + ", " + text;
    if (const auto timers = timers_in_words(state); !timers.empty()) text += "; has the timers " + joined(timers);
    return text + " (" + EnumNamePhase(state.phase) + ")";
}

std::string in_words(const Disagreement& disagreement) {
    if (disagreement.kind == Disagreement::Kind::not_asked) return {};
    return "asks for " + disagreement.asked + ": other " + joined(disagreement.fields);
}

std::optional<OrderId> order_in(const Commit& commit) {
    for (const auto& item : commit.events) {
        if (const auto order = order_of(item.event)) return order;
    }
    return std::nullopt;
}

Divergence divergence_at(Position position, const Commit& commit, OrderId order, Divergence::Kind kind, std::string today) {
    return {order, position, commit.meta.time, 0, kind, in_words(commit), std::move(today), {}};
}

}  // namespace

std::string_view name_of(Divergence::Kind kind) {
    switch (kind) {
        case Divergence::Kind::not_asked: return "not_asked";
        case Divergence::Kind::differs: return "differs";
        case Divergence::Kind::no_saga: return "no_saga";
        case Divergence::Kind::unanswered: return "unanswered";
    }
    return "unknown";
}

std::string id_text(const Divergence& divergence) { return divergence.erasure ? id_text(*divergence.erasure) : text_of(divergence.order); }

ReplayCounts& ReplayCounts::operator+=(const ReplayCounts& other) {
    sagas += other.sagas;
    steps += other.steps;
    decisions += other.decisions;
    late += other.late;
    diverged += other.diverged;
    live += other.live;
    open += other.open;
    return *this;
}

void PartitionReplay::fold(Position position, const Commit& commit) {
    if (!is_of_saga(commit)) return;
    const auto order = order_in(commit);
    if (!order || (only_ && *order != *only_) || diverged_.contains(*order)) return;
    if (commit.meta.actor == runner_actor) {
        ++counts_.decisions;
        const auto found = live_.find(*order);
        if (!agrees(position, commit, *order, found == live_.end() ? nullptr : &found->second)) return;
    }
    take_in(position, commit, *order);
}

// False: it does not, which is noted.
bool PartitionReplay::agrees(Position position, const Commit& commit, OrderId order, const Saga* saga) {
    if (saga == nullptr) return agrees_with_ended(position, commit, order);
    auto disagreement = saga->ledger.check(commit);
    // What correlates a saga that ended and goes on for a refund depends on how soon its runner forgot it.
    if (!disagreement && !saga->revived && commit.meta.correlation != saga->state.correlation) {
        disagreement = Disagreement{Disagreement::Kind::differs, {"correlation"}, "it under correlation " + text_of(saga->state.correlation)};
    }
    if (!disagreement) return true;
    const bool asked = disagreement->kind == Disagreement::Kind::differs;
    auto divergence = divergence_at(position, commit, order, asked ? Divergence::Kind::differs : Divergence::Kind::not_asked, asked ? in_words(*disagreement) : waits_for(saga->state));
    divergence.step = saga->steps;
    diverge(std::move(divergence));
    return false;
}

bool PartitionReplay::agrees_with_ended(Position position, const Commit& commit, OrderId order) {
    if (const auto recent = recent_.find(order); recent != recent_.end()) {
        const auto disagreement = recent->second.check(commit);
        if (!disagreement) return true;
        const bool asked = disagreement->kind == Disagreement::Kind::differs;
        diverge(divergence_at(position, commit, order, asked ? Divergence::Kind::differs : Divergence::Kind::not_asked,
                              asked ? in_words(*disagreement) : "has ended: " + std::string(EnumNamePhase(ended_.at(order).phase))));
        return false;
    }
    if (ended_.contains(order)) {
        ++counts_.late;
        return true;
    }
    diverge(divergence_at(position, commit, order, Divergence::Kind::no_saga, "has no saga of this order"));
    return false;
}

// As the runner: an event begins a saga, belongs to a live one, wakes one that has ended, or concerns none.
PartitionReplay::Saga* PartitionReplay::saga_for(OrderId order, const Event& event) {
    if (begins_instance(event)) {
        const auto [saga, is_new] = live_.try_emplace(order);
        if (is_new) ++counts_.sagas;
        return &saga->second;
    }
    if (const auto found = live_.find(order); found != live_.end()) return &found->second;
    const auto ended = ended_.find(order);
    if (ended == ended_.end() || !concerns_ended(event)) return nullptr;
    EndedInstanceT tombstone;
    tombstone.order_id = order;
    tombstone.phase = ended->second.phase;
    tombstone.order_status = ended->second.order_status;
    tombstone.reason = reasons_[ended->second.reason];
    tombstone.placed_at = ended->second.placed_at;
    auto& saga = live_[order];
    saga.state = revive(tombstone);
    saga.revived = true;
    if (const auto recent = recent_.find(order); recent != recent_.end()) saga.ledger = std::move(recent->second);
    return &saga;
}

void PartitionReplay::take_in(Position position, const Commit& commit, OrderId order) {
    bool is_live = false;
    for (std::size_t i = 0; i < commit.events.size(); ++i) {
        if (!order_of(commit.events[i].event)) continue;
        auto* saga = saga_for(order, commit.events[i].event);
        if (saga == nullptr) continue;
        turn(*saga, position, commit, i);
        is_live = true;
    }
    if (is_live && has_ended(live_.at(order).state)) bury(order, position);
}

void PartitionReplay::turn(Saga& saga, Position position, const Commit& commit, std::size_t index) {
    const auto& meta = commit.meta;
    const Input input{commit.events[index].event, event_id(meta.command_id, index), meta.command_id, meta.time, meta.correlation, meta.traceparent};
    const auto reaction = react(saga.state, input);
    saga.ledger.note(saga.state, input.id, position);
    ++saga.steps;
    ++counts_.steps;
    if (visit_) tell(saga, position, commit, index, reaction);
}

void PartitionReplay::tell(const Saga& saga, Position position, const Commit& commit, std::size_t index, const Reaction& reaction) const {
    ReplayedStep step{position, commit.meta.time, std::string(granary::name_of(commit.events[index].event)), commit.meta.actor, {}, timers_in_words(saga.state), EnumNamePhase(saga.state.phase), saga.state.parked};
    for (const CommandId id : reaction.opened) {
        if (const auto* action = open_action(saga.state, id)) step.asks.push_back(describe(saga.state, *action));
    }
    visit_(std::move(step));
}

std::uint32_t PartitionReplay::place_of_reason(const std::string& reason) {
    const auto [place, is_new] = reason_places_.try_emplace(reason, static_cast<std::uint32_t>(reasons_.size()));
    if (is_new) reasons_.push_back(reason);
    return place->second;
}

void PartitionReplay::bury(OrderId order, Position position) {
    auto found = live_.find(order);
    auto& saga = found->second;
    const auto tombstone = tombstone_of(saga.state, position);
    ended_[order] = {tombstone.placed_at, place_of_reason(tombstone.reason), tombstone.phase, tombstone.order_status};
    if (recent_.insert_or_assign(order, std::move(saga.ledger)).second) recent_order_.push_back(order);
    live_.erase(found);
    if (recent_order_.size() <= limits::replay_ended_recent_max) return;
    recent_.erase(recent_order_.front());
    recent_order_.pop_front();
}

void PartitionReplay::diverge(Divergence divergence) {
    const OrderId order = divergence.order;
    found_.push_back(std::move(divergence));
    ++counts_.diverged;
    diverged_.insert(order);
    live_.erase(order);
}

void PartitionReplay::note_open(OrderId order, const Saga& saga, bool at_rest) {
    ++counts_.live;
    if (saga.state.parked || saga.state.open.empty()) return;
    counts_.open += saga.state.open.size();
    if (!at_rest) return;
    const auto& oldest = *saga.state.open.front();
    found_.push_back({order, saga.ledger.asked_at(oldest.id).value_or(Position{}), {}, saga.steps, Divergence::Kind::unanswered, {}, waits_for(saga.state), {}});
    ++counts_.diverged;
    --counts_.live;
}

void PartitionReplay::finish(bool at_rest) {
    for (const auto& [order, saga] : live_) note_open(order, saga, at_rest);
}

}  // namespace granary::sagas
