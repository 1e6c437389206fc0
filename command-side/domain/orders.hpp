// Orders: what a customer asked for and how far it has come, CREATED -> PAID -> PACKED -> SHIPPED -> DELIVERED.
#pragma once

#include <expected>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/orders_messages.hpp"

namespace granary::orders {

// Events that the command causes; empty = allowed, and nothing to do; else the first refusal that applies:
//   1. the command's own fields, in the order of the schema: invalid, limit_exceeded, currency_mismatch. Of an order the
//      currency comes first, all of line 0 before line 1, and the sum of the lines last: limit_exceeded at the line that
//      makes it too large.
//   2. already_exists (place), not_found (everything else)
//   3. illegal_transition: the status does not allow it
//   4. against the order: currency_mismatch, invalid (another amount than the total), limit_exceeded (too many tokens)
// Lines may be free (price 0), never negative. Amounts are exact; the total is their sum, rounded once to the minor unit.
// A carrier may skip steps: MarkShipped and MarkDelivered first emit the steps that are missing, from PAID on. Marking
// what is reached already, by the same payment or shipment, is nothing; by another one it is illegal_transition.
// The buyer of an order without a customer can be erased in every status; of one with a customer it is illegal_transition. Asking
// again is nothing, but for the first time that the erasure is not to wait for the order.
// CREATED and PAID can be cancelled, only CREATED can fail; both again is nothing.
std::expected<std::vector<Event>, Refusal> decide(const OrderStateT& state, const Command& command, Time now);

// Folds one event that counts. Total: every event of this context leads to a state.
void evolve(OrderStateT& state, const Event& event);

// When the command's events happened in business: the caller's own time, else `now`.
Time occurred_at(const Command& command, Time now);

}  // namespace granary::orders
