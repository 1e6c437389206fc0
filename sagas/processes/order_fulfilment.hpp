// The process that carries one order through stock, payment and delivery, and undoes all of it when the order fails.
// Pure: its state is a fold of what stands in the order's own partition, so a re-run repeats itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/position.hpp"
#include "core/time.hpp"
#include "sagas/processes/input.hpp"
#include "sagas/processes/order_fulfilment_state_messages.hpp"
#include "schemas/messages.hpp"

namespace granary::sagas {

// What one input changed; the state holds the same for good. Ids name entries of `state.open`.
struct Reaction {
    std::vector<CommandId> opened;  // ask for these, in this order (nothing while parked, except to park)
    std::vector<CommandId> closed;  // answered, or no longer wanted: ask no more
    bool timers_changed = false;    // `state.timers` is the whole new truth
};

// The order whose saga must see this event; nullopt: no saga's matter.
std::optional<OrderId> order_of(const Event& event);

// A new instance begins with OrderPlaced; any other first event leaves the state empty (phase none).
// Every input is folded; an instance that is parked asks for nothing until it is retried, skipped or compensated.
Reaction react(FulfilmentStateT& state, const Input& input);

// Nothing is open and nothing will be: keep only `tombstone_of`, and `revive` it if a later event needs it.
bool has_ended(const FulfilmentStateT& state);
EndedInstanceT tombstone_of(const FulfilmentStateT& state, Position position);
// A refund asked for by staff after the end is still carried out.
bool concerns_ended(const Event& event);
FulfilmentStateT revive(const EndedInstanceT& ended);

// The command of an open action of kind `command` or `park`.
Command command_of(const FulfilmentStateT& state, const ActionT& action);

// What to ask of the payment provider or the carrier. The ids are the idempotency keys.
struct AuthorizePayment { PaymentId payment; OrderId order; Money amount; std::string token; };
struct CapturePayment { PaymentId payment; Money amount; };
struct VoidPayment { PaymentId payment; };
struct RefundPayment { PaymentId payment; RefundId refund; Money amount; };
struct BookShipment { ShipmentId shipment; WarehouseCode warehouse; CountryCode country; std::int64_t pieces; };  // address: state.ship_to
struct CancelShipment { ShipmentId shipment; };
struct TrackShipment { ShipmentId shipment; };  // how far it is: asks, and changes nothing
using Effect = std::variant<AuthorizePayment, CapturePayment, VoidPayment, RefundPayment, BookShipment, CancelShipment, TrackShipment>;

// The effect of an open action of kind `effect`.
Effect effect_of(const FulfilmentStateT& state, const ActionT& action);

// True when the action's command is decided in the order's own partition, so that its event answers it.
bool is_of_own_partition(const ActionT& action);

// Ids of what the saga creates: the same on every re-run.
ReservationId reservation_id_of(OrderId order, const Sku& sku);
PaymentId payment_id_of(OrderId order, std::uint32_t submission);
ShipmentId shipment_id_of(OrderId order, std::uint32_t number);
RefundId refund_id_of(PaymentId payment, std::uint32_t number);
CommandId action_id_of(EventId cause, std::uint32_t index);

}  // namespace granary::sagas
