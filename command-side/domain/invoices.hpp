// Invoices: what another system booked, taken over once, as it was written there.
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/invoices_messages.hpp"

namespace granary::invoices {

// What a source or an invoice number may be: 1 to bytes_max letters, digits, '-', '_' or '.', since they are parts of a key.
bool is_word(std::string_view text, std::size_t bytes_max);

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
