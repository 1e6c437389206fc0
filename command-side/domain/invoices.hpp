// Invoices: what another system booked, taken over once, as it was written there.
#pragma once

#include <expected>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/invoices_messages.hpp"

namespace granary::invoices {

// Events that the command causes; empty = allowed, and nothing to do; else the first refusal that applies:
//   1. the command's own fields, in the order of the schema: invalid, limit_exceeded, currency_mismatch. Quantities and
//      prices may be negative or zero; all lines are in one currency, none is booked later than now.
//   2. already_exists: this invoice is here, with other contents
// The same invoice again is nothing: an import may be repeated. Nothing follows from an invoice, here or elsewhere.
std::expected<std::vector<Event>, Refusal> decide(const InvoiceStateT& state, const Command& command, Time now);

// Folds one event that counts. Total: every event of this context leads to a state.
void evolve(InvoiceStateT& state, const Event& event);

// When the command's events happened in business: the time of the earliest line.
Time occurred_at(const Command& command, Time now);

}  // namespace granary::invoices
