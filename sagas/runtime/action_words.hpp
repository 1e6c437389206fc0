// An action of a saga in words, for operators and auditors.
#pragma once

#include <string>

#include "sagas/processes/order_fulfilment.hpp"

namespace granary::sagas {

// The name of its command or effect, with the SKU where it has one: `reserve_stock 85123A`, `authorize_payment`.
std::string describe(const FulfilmentStateT& state, const ActionT& action);

}  // namespace granary::sagas
