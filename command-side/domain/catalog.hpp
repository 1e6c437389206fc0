// Catalog: products, each under its SKU; a retired one stays readable and never comes back.
#pragma once

#include <expected>
#include <vector>

#include "core/refusal.hpp"
#include "core/time.hpp"
#include "schemas/catalog_messages.hpp"

namespace granary::catalog {

// Events that the command causes; empty = allowed, and nothing to do; else the first refusal that applies:
//   1. the command's own fields, in the order of the schema: invalid, limit_exceeded
//   2. already_exists (create), not_found (update, retire)
//   3. product_retired (update)
// An update that changes nothing, and retiring twice, is nothing.
std::expected<std::vector<Event>, Refusal> decide(const ProductStateT& state, const Command& command, Time now);

// Folds one event that counts. Total: every event of this context leads to a state.
void evolve(ProductStateT& state, const Event& event);

}  // namespace granary::catalog
