// The recorder of an erasure's saga stream: what its saga learned outside of the person's partition, and what operators did.
#pragma once

#include <expected>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/customer_erasure_messages.hpp"

namespace granary::customer_erasure {

// Events that the command causes; empty = allowed, and nothing to do; else the first refusal that applies:
//   1. the command's own fields, in the order of the schema: invalid (neither customer nor order, or both), limit_exceeded
//   2. illegal_transition: retry of an instance that is not parked
// Parking twice is nothing. What was found and done is recorded while parked too; what it means is the process's matter
// (sagas/processes). Retry ends the parking.
std::expected<std::vector<Event>, Refusal> decide(const ErasureStreamStateT& state, const Command& command, Time now);

// Folds one event that counts. Total: every event of this context leads to a state.
void evolve(ErasureStreamStateT& state, const Event& event);

}  // namespace granary::customer_erasure
