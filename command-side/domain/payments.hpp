// Payments: one attempt to secure an order's money with a provider, whose answers may come late, twice or in any order.
#pragma once

#include <expected>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/payments_messages.hpp"

namespace granary::payments {

// Events that the command causes; empty = allowed, and nothing to do; else the first refusal that applies:
//   1. the command's own fields, in the order of the schema: invalid, limit_exceeded
//   2. not_found: no such payment of that order (all but start); already_exists (start, when it differs)
//   3. currency_mismatch, then amount_exceeded or invalid: another amount than the payment's
//   4. illegal_transition, already_exists or not_found (of the refund)
//   5. amount_exceeded, limit_exceeded (refunds)
// Repeating is nothing, and so is a late answer that changes nothing any more: an authorization after a void was asked
// for is covered by the void, which the provider files under the same key. An answer that contradicts the book (a
// decline of what is captured) is illegal_transition, for a person to look at.
//
//   authorizing -> authorized -> capturing -> captured -> refunding -> partially_refunded | refunded
//        |  |          |  ^----------'  (capture failed)
//        |  '----------+--> voiding -> voided          RequestVoid while capturing waits for the capture's answer:
//        '-> declined, failed                          illegal_transition. Captured money is refunded, never voided.
//
// At every prefix: 0 <= refunded, refunded + open refunds <= captured <= amount; money is captured at most once.
std::expected<std::vector<Event>, Refusal> decide(const PaymentStateT& state, const Command& command, Time now);

// Why this event can't follow on this state; nullptr: it can. Only a bug, or another program that writes to the log, brings
// one that can't: whoever reads it from the log asks here first and halts.
const char* contradiction(const PaymentStateT& state, const Event& event);

// Folds one event that counts and contradicts nothing.
void evolve(PaymentStateT& state, const Event& event);

}  // namespace granary::payments
