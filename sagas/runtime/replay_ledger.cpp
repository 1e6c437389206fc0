// Each commit of a runner is the command of an action, the record of an answer to one, a timer, or a parking: its id says which.
#include "sagas/runtime/replay_ledger.hpp"

#include <algorithm>
#include <utility>

#include "sagas/runtime/instance_cache.hpp"
#include "sagas/runtime/recorded_decisions.hpp"
#include "sagas/runtime/saga_runner.hpp"
#include "schemas/command_codec.hpp"

namespace granary::sagas {
namespace {

Sku sku_of(const FulfilmentStateT& state, const ActionT& action) {
    const bool of_stock = action.kind == ActionKind::command && !is_of_own_partition(action);
    return of_stock && action.index < state.lines.size() ? state.lines[action.index]->sku : Sku();
}

// Those that are decided in the saga's own partition, so that their contents can be compared.
bool has_own_commit(const ActionT& action) { return action.kind == ActionKind::park || (action.kind == ActionKind::command && is_of_own_partition(action)); }

Disagreement differs(std::vector<std::string> fields, std::string asked) { return {Disagreement::Kind::differs, std::move(fields), std::move(asked)}; }

std::string in_words(const Command& command) { return std::string(name_of(command)) + ' ' + json_of(command); }

std::vector<std::string> copies(const std::vector<std::string_view>& names) { return {names.begin(), names.end()}; }

std::optional<Disagreement> check_cause(const Commit& commit, EventId cause) {
    if (commit.meta.causation == cause) return std::nullopt;
    return differs({"causation"}, cause.is_nil() ? "it with no cause" : "it because of " + text_of(cause));
}

}  // namespace

const ReplayLedger::Asked* ReplayLedger::find(CommandId id) const {
    // Newest first: most of what comes was asked for just now.
    const auto found = std::find_if(asked_.rbegin(), asked_.rend(), [&](const Asked& asked) { return asked.action.id == id; });
    return found == asked_.rend() ? nullptr : &*found;
}

std::optional<Position> ReplayLedger::asked_at(CommandId id) const {
    const auto* asked = find(id);
    return asked == nullptr ? std::nullopt : std::optional(asked->position);
}

void ReplayLedger::add(const FulfilmentStateT& state, const ActionT& action, Position position) {
    auto& asked = asked_.emplace_back();
    asked.action = action;
    asked.sku = sku_of(state, action);
    asked.position = position;
    if (action.kind == ActionKind::effect) asked.effect = effect_of(state, action);
}

void ReplayLedger::note_form(const FulfilmentStateT& state, const ActionT& action) {
    const auto found = std::find_if(asked_.rbegin(), asked_.rend(), [&](const Asked& asked) { return asked.action.id == action.id; });
    if (found == asked_.rend()) return;
    auto command = command_of(state, action);
    auto bytes = std::string(name_of(command)) + encode_payload(command);
    if (bytes == found->newest) return;
    found->newest = std::move(bytes);
    found->commands.push_back(std::move(command));
}

void ReplayLedger::note(const FulfilmentStateT& state, EventId cause, Position position) {
    for (const auto& action : state.open) {
        if (action->cause == cause) add(state, *action, position);
        if (has_own_commit(*action)) note_form(state, *action);
    }
    for (const auto& timer : timers_of(state)) {
        if (std::ranges::find(timers_, timer) == timers_.end()) timers_.push_back(timer);
    }
    parks_ = std::max(parks_, state.parks);
}

std::optional<Disagreement> ReplayLedger::check(const Commit& commit) const {
    const auto& first = commit.events.front().event;
    if (const auto* own = std::get_if<order_fulfilment::Event>(&first)) {
        return std::visit([&](const auto& event) { return check_event(event, commit); }, *own);
    }
    const auto* asked = find(commit.meta.command_id);
    return asked != nullptr ? check_command(*asked, commit) : check_outcome(commit);
}

std::optional<Disagreement> ReplayLedger::check_command(const Asked& asked, const Commit& commit) const {
    if (asked.commands.empty()) return Disagreement{};
    std::vector<std::string_view> names;
    for (const auto& command : asked.commands) {
        names = differences(command, commit.events);
        if (names.empty()) return check_cause(commit, asked.action.cause);
    }
    return differs(copies(names), in_words(asked.commands.back()));
}

// The answers of provider and carrier are not in the log, but their records are; what they were is read off those.
std::optional<Disagreement> ReplayLedger::check_outcome(const Commit& commit) const {
    const auto& first = commit.events.front().event;
    const auto answer = answer_in(first);
    const auto order = order_of(first);
    if (answer.index() == 0 || !order) return Disagreement{};
    for (auto asked = asked_.rbegin(); asked != asked_.rend(); ++asked) {
        if (!asked->effect) continue;
        const auto record = record_of(*asked->effect, *order, answer);
        if (!record || commit.meta.command_id != derived_id(asked->action.id, name_of(*record))) continue;
        const auto names = differences(*record, commit.events);
        if (!names.empty()) return differs(copies(names), in_words(*record));
        return check_cause(commit, asked->action.cause);
    }
    return Disagreement{};
}

std::optional<Disagreement> ReplayLedger::check_event(const order_fulfilment::AnswerRecordedT& event, const Commit& commit) const {
    const auto* asked = find(event.command_id);
    if (asked == nullptr || asked->action.kind == ActionKind::park) return Disagreement{};
    const auto id = derived_id(event.command_id, "record_answer" + std::to_string(event.refusal));
    std::vector<std::string> names;
    if (event.step != asked->action.step) names.push_back("step");
    if (event.sku != asked->sku) names.push_back("sku");
    if (commit.meta.command_id != id) names.push_back("command");
    if (names.empty()) return check_cause(commit, asked->action.cause);
    std::string words = "the answer to " + std::string(order_fulfilment::EnumNameStep(asked->action.step));
    if (!asked->sku.empty()) words += ' ' + std::string(asked->sku.view());
    return differs(std::move(names), words + " recorded by command " + text_of(id));
}

std::optional<Disagreement> ReplayLedger::check_event(const order_fulfilment::TimerFiredT& event, const Commit& commit) const {
    const tables::TimerKey key{event.due, event.order_id, event.timer};
    if (std::ranges::find(timers_, key) == timers_.end()) return Disagreement{};
    if (commit.meta.command_id != timer_job_id(key)) return differs({"command"}, "the timer recorded by command " + text_of(timer_job_id(key)));
    return check_cause(commit, {});
}

// Decided by the process, or by the runner, when another system fails for too long: why is then not in the log.
std::optional<Disagreement> ReplayLedger::check_event(const order_fulfilment::InstanceParkedT& event, const Commit& commit) const {
    if (const auto* asked = find(commit.meta.command_id)) return check_command(*asked, commit);
    for (const auto& asked : asked_) {
        for (std::uint32_t parks = 0; parks <= parks_; ++parks) {
            if (commit.meta.command_id != derived_id(asked.action.id, "park " + std::to_string(parks))) continue;
            if (event.step != asked.action.step) return differs({"step"}, "a parking at " + std::string(order_fulfilment::EnumNameStep(asked.action.step)));
            return check_cause(commit, {});
        }
    }
    return Disagreement{};
}

}  // namespace granary::sagas
