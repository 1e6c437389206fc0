// Converts wire structs to the core's types and back; flatc's object API calls these by overload.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include "core/ids.hpp"
#include "core/money.hpp"
#include "core/names.hpp"
#include "core/position.hpp"
#include "core/time.hpp"

namespace granary::wire {
struct OrderId;
struct PaymentId;
struct RefundId;
struct ShipmentId;
struct CustomerId;
struct ReservationId;
struct CommandId;
struct EventId;
struct CorrelationId;
struct PersonId;
struct Fingerprint;
struct Sku;
struct WarehouseCode;
struct CountryCode;
struct Money;
struct Amount;
struct Time;
struct Position;
}  // namespace granary::wire

namespace flatbuffers {
granary::wire::OrderId Pack(const granary::OrderId& id);
granary::wire::PaymentId Pack(const granary::PaymentId& id);
granary::wire::RefundId Pack(const granary::RefundId& id);
granary::wire::ShipmentId Pack(const granary::ShipmentId& id);
granary::wire::CustomerId Pack(const granary::CustomerId& id);
granary::wire::ReservationId Pack(const granary::ReservationId& id);
granary::wire::CommandId Pack(const granary::CommandId& id);
granary::wire::EventId Pack(const granary::EventId& id);
granary::wire::CorrelationId Pack(const granary::CorrelationId& id);
granary::wire::PersonId Pack(const granary::PersonId& id);
granary::wire::Fingerprint Pack(const granary::Fingerprint& id);
granary::wire::Sku Pack(const granary::Sku& sku);
granary::wire::WarehouseCode Pack(const granary::WarehouseCode& code);
granary::wire::CountryCode Pack(const granary::CountryCode& code);
granary::wire::Money Pack(const granary::Money& money);
granary::wire::Amount Pack(const granary::Amount& amount);
granary::wire::Time Pack(const granary::Time& time);
granary::wire::Position Pack(const granary::Position& position);

granary::OrderId UnPack(const granary::wire::OrderId& id);
granary::PaymentId UnPack(const granary::wire::PaymentId& id);
granary::RefundId UnPack(const granary::wire::RefundId& id);
granary::ShipmentId UnPack(const granary::wire::ShipmentId& id);
granary::CustomerId UnPack(const granary::wire::CustomerId& id);
granary::ReservationId UnPack(const granary::wire::ReservationId& id);
granary::CommandId UnPack(const granary::wire::CommandId& id);
granary::EventId UnPack(const granary::wire::EventId& id);
granary::CorrelationId UnPack(const granary::wire::CorrelationId& id);
granary::PersonId UnPack(const granary::wire::PersonId& id);
granary::Fingerprint UnPack(const granary::wire::Fingerprint& id);
granary::Sku UnPack(const granary::wire::Sku& sku);
granary::WarehouseCode UnPack(const granary::wire::WarehouseCode& code);
granary::CountryCode UnPack(const granary::wire::CountryCode& code);
granary::Money UnPack(const granary::wire::Money& money);
granary::Amount UnPack(const granary::wire::Amount& amount);
granary::Time UnPack(const granary::wire::Time& time);
granary::Position UnPack(const granary::wire::Position& position);
}  // namespace flatbuffers
