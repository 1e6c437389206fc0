// Events of one order, its payment and its stock, as tests of histories write them.
#pragma once

#include "core/names.hpp"
#include "schemas/messages.hpp"

namespace granary::tests {

inline const OrderId order{{1, 42}};
inline const PaymentId payment{{2, 42}};
inline const Sku sku = *Sku::parse("85123A");
inline const WarehouseCode house = *WarehouseCode::parse("main");

inline Event placed(OrderId id = order) {
    orders::OrderPlacedT event;
    event.order_id = id;
    event.total = {1530, currency("GBP")};
    return orders::Event{event};
}
inline Event paid() {
    orders::OrderPaidT event;
    event.order_id = order;
    event.payment_id = payment;
    event.amount = {1530, currency("GBP")};
    return orders::Event{event};
}
inline Event packed() {
    orders::OrderPackedT event;
    event.order_id = order;
    return orders::Event{event};
}
inline Event payment_started() {
    payments::PaymentStartedT event;
    event.payment_id = payment;
    event.order_id = order;
    event.amount = {1530, currency("GBP")};
    return payments::Event{event};
}
inline Event received(std::int64_t quantity) {
    inventory::StockReceivedT event;
    event.sku = sku;
    event.warehouse = house;
    event.quantity = quantity;
    return inventory::Event{event};
}
inline Event reserved(std::uint64_t number, std::int64_t quantity) {
    inventory::StockReservedT event;
    event.sku = sku;
    event.warehouse = house;
    event.reservation_id = {{3, number}};
    event.quantity = quantity;
    return inventory::Event{event};
}
inline Event released(std::uint64_t number, std::int64_t quantity) {
    inventory::ReservationReleasedT event;
    event.sku = sku;
    event.warehouse = house;
    event.reservation_id = {{3, number}};
    event.quantity = quantity;
    return inventory::Event{event};
}

}  // namespace granary::tests
