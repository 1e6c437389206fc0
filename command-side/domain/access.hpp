// Access: who has looked at what that is not their own, batch by batch.
#pragma once

#include <expected>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/access_messages.hpp"

namespace granary::access {

// Always one event, or the first refusal that applies: the command's own fields, in the order of the schema: invalid,
// limit_exceeded. Nothing of the state forbids anything: what was seen was seen.
std::expected<std::vector<Event>, Refusal> decide(const AccessStateT& state, const Command& command, Time now);

// Folds one event that counts. Total: every event of this context leads to a state.
void evolve(AccessStateT& state, const Event& event);

// When the accesses of the command began: the first of them, never after `now`.
Time occurred_at(const Command& command, Time now);

}  // namespace granary::access
