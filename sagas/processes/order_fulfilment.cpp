// One reaction: fold the event into facts, then ask for whatever the facts call for; and the end of an instance.
#include "sagas/processes/order_fulfilment.hpp"

#include <type_traits>

#include "sagas/processes/order_fulfilment/turn.hpp"

namespace granary::sagas {
namespace {

template <class E>
std::optional<OrderId> order_in(const E& event) {
    if constexpr (requires { event.order_id; } && !requires { event.reservation_id; }) {
        if (!event.order_id.is_nil()) return event.order_id;
    }
    return std::nullopt;
}

bool is_order_placed(const Event& event) {
    const auto* order = std::get_if<orders::Event>(&event);
    return order != nullptr && std::holds_alternative<orders::OrderPlacedT>(*order);
}

void advance(Turn& turn) {
    if (turn.s.parked) return;
    advance_refunds(turn);
    if (turn.is_forward()) advance_forward(turn);
    // The way forward may have found that there is none.
    if (turn.is_compensating()) advance_compensation(turn);
}

bool is_over(Phase phase) { return phase == Phase::completed || phase == Phase::compensated; }

}  // namespace

std::optional<OrderId> order_of(const Event& event) {
    return std::visit([](const auto& context) { return std::visit([](const auto& e) { return order_in(e); }, context); }, event);
}

Reaction react(FulfilmentStateT& state, const Input& input) {
    Reaction reaction;
    Turn turn(state, input, reaction);
    turn.take(input.command);
    const bool begins = state.phase == Phase::none;
    if (begins && !is_order_placed(input.event)) return reaction;
    fold_event(turn);
    advance(turn);
    if (is_over(state.phase)) turn.clear_timers();
    return reaction;
}

bool has_ended(const FulfilmentStateT& state) { return is_over(state.phase) && state.open.empty(); }

EndedInstanceT tombstone_of(const FulfilmentStateT& state, Position position) {
    EndedInstanceT ended;
    ended.order_id = state.order_id;
    ended.phase = state.phase;
    ended.order_status = state.order_status;
    ended.reason = state.end_reason;
    ended.position = position;
    ended.placed_at = state.placed_at;
    return ended;
}

bool concerns_ended(const Event& event) {
    const auto* payment = std::get_if<payments::Event>(&event);
    return payment != nullptr && std::holds_alternative<payments::RefundRequestedT>(*payment);
}

FulfilmentStateT revive(const EndedInstanceT& ended) {
    FulfilmentStateT state;
    state.order_id = ended.order_id;
    state.phase = ended.phase;
    state.order_status = ended.order_status;
    state.end_reason = ended.reason;
    state.placed_at = ended.placed_at;
    state.payment = std::make_unique<PaymentTryT>();
    state.parcel = std::make_unique<ParcelT>();
    return state;
}

}  // namespace granary::sagas
