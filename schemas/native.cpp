// Field by field copies between wire structs and the core's types.
#include "schemas/native.hpp"

#include <array>
#include <string_view>

#include "schemas/values_tables.h"

namespace flatbuffers {
namespace {

template <class Wire, class Native>
Wire pack_id(const Native& id) {
    return Wire(id.value.hi, id.value.lo);
}

template <class Native, class Wire>
Native unpack_id(const Wire& id) {
    return Native{granary::Uuid{id.hi(), id.lo()}};
}

template <class Wire, class Native>
Wire pack_code(const Native& code) {
    std::array<std::uint8_t, Native::capacity> text{};
    const std::string_view view = code.view();
    for (std::size_t i = 0; i < view.size(); ++i) text[i] = static_cast<std::uint8_t>(view[i]);
    return Wire(static_cast<std::uint8_t>(view.size()), flatbuffers::make_span(text));
}

template <class Native, class Wire>
Native unpack_code(const Wire& code) {
    std::array<char, Native::capacity> text{};
    const std::size_t size = code.size() < Native::capacity ? code.size() : Native::capacity;
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(code.text()->Get(static_cast<uoffset_t>(i)));
    return Native::from_stored({text.data(), size});
}

}  // namespace

granary::wire::OrderId Pack(const granary::OrderId& id) { return pack_id<granary::wire::OrderId>(id); }
granary::wire::PaymentId Pack(const granary::PaymentId& id) { return pack_id<granary::wire::PaymentId>(id); }
granary::wire::RefundId Pack(const granary::RefundId& id) { return pack_id<granary::wire::RefundId>(id); }
granary::wire::ShipmentId Pack(const granary::ShipmentId& id) { return pack_id<granary::wire::ShipmentId>(id); }
granary::wire::CustomerId Pack(const granary::CustomerId& id) { return pack_id<granary::wire::CustomerId>(id); }
granary::wire::ReservationId Pack(const granary::ReservationId& id) { return pack_id<granary::wire::ReservationId>(id); }
granary::wire::CommandId Pack(const granary::CommandId& id) { return pack_id<granary::wire::CommandId>(id); }
granary::wire::EventId Pack(const granary::EventId& id) { return pack_id<granary::wire::EventId>(id); }
granary::wire::CorrelationId Pack(const granary::CorrelationId& id) { return pack_id<granary::wire::CorrelationId>(id); }
granary::wire::PersonId Pack(const granary::PersonId& id) { return pack_id<granary::wire::PersonId>(id); }
granary::wire::Fingerprint Pack(const granary::Fingerprint& id) { return pack_id<granary::wire::Fingerprint>(id); }
granary::wire::Sku Pack(const granary::Sku& sku) { return pack_code<granary::wire::Sku>(sku); }
granary::wire::WarehouseCode Pack(const granary::WarehouseCode& code) { return pack_code<granary::wire::WarehouseCode>(code); }
granary::wire::CountryCode Pack(const granary::CountryCode& code) { return pack_code<granary::wire::CountryCode>(code); }
granary::wire::Money Pack(const granary::Money& money) { return {money.minor, money.currency.code}; }
granary::wire::Amount Pack(const granary::Amount& amount) { return {amount.ten_thousandths, amount.currency.code}; }
granary::wire::Time Pack(const granary::Time& time) { return granary::wire::Time(time.unix_us); }
granary::wire::Position Pack(const granary::Position& position) { return {position.partition.number, position.offset.number}; }

granary::OrderId UnPack(const granary::wire::OrderId& id) { return unpack_id<granary::OrderId>(id); }
granary::PaymentId UnPack(const granary::wire::PaymentId& id) { return unpack_id<granary::PaymentId>(id); }
granary::RefundId UnPack(const granary::wire::RefundId& id) { return unpack_id<granary::RefundId>(id); }
granary::ShipmentId UnPack(const granary::wire::ShipmentId& id) { return unpack_id<granary::ShipmentId>(id); }
granary::CustomerId UnPack(const granary::wire::CustomerId& id) { return unpack_id<granary::CustomerId>(id); }
granary::ReservationId UnPack(const granary::wire::ReservationId& id) { return unpack_id<granary::ReservationId>(id); }
granary::CommandId UnPack(const granary::wire::CommandId& id) { return unpack_id<granary::CommandId>(id); }
granary::EventId UnPack(const granary::wire::EventId& id) { return unpack_id<granary::EventId>(id); }
granary::CorrelationId UnPack(const granary::wire::CorrelationId& id) { return unpack_id<granary::CorrelationId>(id); }
granary::PersonId UnPack(const granary::wire::PersonId& id) { return unpack_id<granary::PersonId>(id); }
granary::Fingerprint UnPack(const granary::wire::Fingerprint& id) { return unpack_id<granary::Fingerprint>(id); }
granary::Sku UnPack(const granary::wire::Sku& sku) { return unpack_code<granary::Sku>(sku); }
granary::WarehouseCode UnPack(const granary::wire::WarehouseCode& code) { return unpack_code<granary::WarehouseCode>(code); }
granary::CountryCode UnPack(const granary::wire::CountryCode& code) { return unpack_code<granary::CountryCode>(code); }
granary::Money UnPack(const granary::wire::Money& money) { return {money.minor(), {money.currency()}}; }
granary::Amount UnPack(const granary::wire::Amount& amount) { return {amount.ten_thousandths(), {amount.currency()}}; }
granary::Time UnPack(const granary::wire::Time& time) { return {time.unix_us()}; }
granary::Position UnPack(const granary::wire::Position& position) { return {{position.partition()}, {position.offset()}}; }

}  // namespace flatbuffers
