// What the log recorded of a decision, held against what today's code would send: field by field, answer by answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "platform/ports/carrier.hpp"
#include "platform/ports/payment_provider.hpp"
#include "sagas/processes/order_fulfilment.hpp"
#include "schemas/commit.hpp"

namespace granary::sagas {

// Names of what differs between a command and the events that it was accepted with: `event` when those are no events of
// it, else its fields. Empty: the commit is what this command leads to. Deciders copy the fields of a command of a saga
// into its event, so those of the same name must agree; fields that the decider adds are not looked at.
std::vector<std::string_view> differences(const Command& command, const std::vector<CommitEvent>& events);

// What the payment provider or the carrier must have answered for this event to be recorded; monostate: it records none.
using OutsideAnswer = std::variant<std::monostate, ports::ProviderAnswer, ports::CarrierAnswer>;
OutsideAnswer answer_in(const Event& event);
// The command by which today's code records that answer to this effect; nullopt: it would not take it.
std::optional<Command> record_of(const Effect& effect, OrderId order, const OutsideAnswer& answer);

// {"payment_id": ..., "amount": ...}; secret fields hidden, sealed ones closed.
std::string json_of(const Command& command);

}  // namespace granary::sagas
