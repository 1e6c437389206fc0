// Delivery: one shipment of an order with a carrier; its progress never goes back.
#pragma once

#include <expected>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/delivery_messages.hpp"

namespace granary::delivery {

// Events that the command causes; empty = allowed, and nothing to do; else the first refusal that applies:
//   1. the command's own fields, in the order of the schema: invalid, limit_exceeded
//   2. not_found: no such shipment of that order (all but create); already_exists (create, when it differs)
//   3. illegal_transition
// Progress that is reached already, or overtaken, is nothing; it may overtake the booking. While a cancellation is asked
// for, only progress that shows the goods have left the house counts: the cancellation has lost. In transit and
// delivered can't be cancelled; delivered can't fail.
std::expected<std::vector<Event>, Refusal> decide(const ShipmentStateT& state, const Command& command, Time now);

// Folds one event that counts. Total: every event of this context leads to a state.
void evolve(ShipmentStateT& state, const Event& event);

// When the command's events happened in business: the carrier's time of a progress, never after `now`; else `now`.
Time occurred_at(const Command& command, Time now);

}  // namespace granary::delivery
