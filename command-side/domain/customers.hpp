// Customers: who orders; personal fields arrive sealed and stay so.
#pragma once

#include <expected>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/customers_messages.hpp"

namespace granary::customers {

// Events that the command causes; empty = allowed, and nothing to do; else the first refusal that applies:
//   1. the command's own fields, in the order of the schema: invalid, limit_exceeded
//   2. customer_erased (register, update) from the request to erase on
//   3. already_exists (register), not_found (update), illegal_transition (record erased, when nobody has asked for it)
// An address is sealed afresh each time, so giving the same one again is a new event. Asking for the erasure again is nothing,
// but for the first time that it is not to wait for orders.
std::expected<std::vector<Event>, Refusal> decide(const CustomerStateT& state, const Command& command, Time now);

// Folds one event that counts. Total: every event of this context leads to a state.
void evolve(CustomerStateT& state, const Event& event);

}  // namespace granary::customers
