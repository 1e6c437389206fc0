// The moves of a turn: bookkeeping of open actions and timers.
#include "sagas/processes/order_fulfilment/turn.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/marks.hpp"

namespace granary::sagas {
namespace {

// Steps that are asked for once per line, per refund that was granted, or per payment that the customer gave, are bounded by how
// many of those there are; asking how far a parcel is, by the order's timer.
bool is_bounded_by_itself(Step step, ActionKind kind) {
    if (step == Step::refund) return kind == ActionKind::effect;
    if (step == Step::start_payment || step == Step::authorize) return true;
    return step == Step::reserve || step == Step::commit_stock || step == Step::release || step == Step::track_shipment;
}

}  // namespace

template <class Predicate>
void Turn::close_if(Predicate predicate) {
    std::erase_if(s.open, [&](const auto& action) {
        if (!predicate(*action)) return false;
        reaction_.closed.push_back(action->id);
        return true;
    });
}

void Turn::ask(Step step, ActionKind kind, std::uint32_t index) {
    if (s.parked) return;
    if (!is_bounded_by_itself(step, kind)) {
        const auto place = static_cast<std::size_t>(step);
        if (s.tries.size() <= place) s.tries.resize(place + 1);
        if (++s.tries[place] > limits::saga_attempts_max) return park(step, "the step was asked for again and again without effect");
    }
    auto action = std::make_unique<ActionT>();
    action->id = action_id_of(in.id, next_index_++);
    action->step = step;
    action->kind = kind;
    action->index = index;
    action->cause = in.id;
    action->caused_at = in.time;
    reaction_.opened.push_back(action->id);
    s.open.push_back(std::move(action));
}

void Turn::close(Step step) {
    close_if([&](const ActionT& a) { return a.step == step && a.kind != ActionKind::park; });
}

void Turn::close(Step step, ActionKind kind) {
    close_if([&](const ActionT& a) { return a.step == step && a.kind == kind; });
}

void Turn::close_at(Step step, std::uint32_t index) {
    close_if([&](const ActionT& a) { return a.step == step && a.index == index && a.kind != ActionKind::park; });
}

void Turn::close_parking() {
    close_if([](const ActionT& a) { return a.kind == ActionKind::park; });
}

bool Turn::is_open(Step step) const {
    return std::ranges::any_of(s.open, [&](const auto& a) { return a->step == step && a->kind != ActionKind::park; });
}

bool Turn::is_open_at(Step step, std::uint32_t index) const {
    return std::ranges::any_of(s.open, [&](const auto& a) { return a->step == step && a->index == index && a->kind != ActionKind::park; });
}

std::optional<ActionT> Turn::take(CommandId id) {
    const auto found = std::ranges::find_if(s.open, [&](const auto& a) { return a->id == id; });
    if (found == s.open.end()) return std::nullopt;
    ActionT action = **found;
    reaction_.closed.push_back(id);
    s.open.erase(found);
    return action;
}

void Turn::set_timer(Timer timer, Duration limit) {
    clear_timer(timer);
    auto setting = std::make_unique<TimerSettingT>();
    setting->timer = timer;
    setting->set_at = in.time;
    setting->due = in.time + limit;
    s.timers.push_back(std::move(setting));
    reaction_.timers_changed = true;
}

void Turn::clear_timer(Timer timer) {
    const auto erased = std::erase_if(s.timers, [&](const auto& t) { return t->timer == timer; });
    if (erased > 0) reaction_.timers_changed = true;
}

bool Turn::has_timer(Timer timer) const {
    return std::ranges::any_of(s.timers, [&](const auto& t) { return t->timer == timer; });
}

void Turn::clear_timers() {
    if (!s.timers.empty()) reaction_.timers_changed = true;
    s.timers.clear();
}

void Turn::park(Step step, std::string_view reason) {
    if (s.parked) return;
    GRANARY_MARK(instance_parked);
    s.parked_step = step;
    s.parked_reason = reason;
    auto action = std::make_unique<ActionT>();
    action->id = action_id_of(in.id, next_index_++);
    action->step = step;
    action->kind = ActionKind::park;
    action->cause = in.id;
    action->caused_at = in.time;
    reaction_.opened.push_back(action->id);
    s.open.push_back(std::move(action));
    s.parked = true;
}

void Turn::compensate(std::string_view reason) {
    if (!is_forward()) return;
    s.phase = Phase::compensating;
    s.end_reason = reason;
    s.pending_token.clear();
    reset_tries();
    clear_timer(Timer::reservation);
    clear_timer(Timer::payment);
    clear_timer(Timer::retry);
    clear_timer(Timer::shipment);
}

void Turn::reset_tries() { s.tries.clear(); }

}  // namespace granary::sagas
