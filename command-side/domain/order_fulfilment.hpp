// The recorder of an order's saga stream: what reached the saga from outside its partition, and what operators did.
#pragma once

#include <expected>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/order_fulfilment_messages.hpp"

namespace granary::order_fulfilment {

// Events that the command causes; empty = allowed, and nothing to do; else the first refusal that applies:
//   1. the command's own fields, in the order of the schema: invalid, limit_exceeded
//   2. illegal_transition: retry or skip of an instance that is not parked
// Parking twice is nothing. Answers and timers are recorded while parked too; what they mean is the process's matter
// (sagas/processes). Retry, skip and compensate end the parking.
std::expected<std::vector<Event>, Refusal> decide(const SagaStreamStateT& state, const Command& command, Time now);

// Folds one event that counts. Total: every event of this context leads to a state.
void evolve(SagaStreamStateT& state, const Event& event);

}  // namespace granary::order_fulfilment
