// What the answers of payment provider and carrier mean for the streams of payment and shipment.
#pragma once

#include <optional>

#include "platform/ports/carrier.hpp"
#include "platform/ports/payment_provider.hpp"
#include "sagas/processes/order_fulfilment.hpp"

namespace granary::sagas {

// The command that records the answer; nullopt: it does not answer this effect (the provider never heard of the key, or
// stands before it), so the effect is asked for again under the same key.
std::optional<Command> outcome_of(const Effect& effect, OrderId order, const ports::ProviderAnswer& answer);
std::optional<Command> outcome_of(const Effect& effect, OrderId order, const ports::CarrierAnswer& answer);

// The parcel is as far as the saga knows it to be, or the carrier never gave it a number: there is nothing to record but
// that the carrier was asked.
bool tells_nothing_new(const FulfilmentStateT& state, const ports::CarrierAnswer& answer);

}  // namespace granary::sagas
