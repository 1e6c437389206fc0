// Every type of integration event, the topic that it goes to and the fields of its body: the one table of what other systems may
// rely on. docs/integration-events.md is held against it, and so is what the writers write.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace granary::integration {

// Names on the brokers, after the operator's prefix. They never change.
inline constexpr std::string_view order_events = "order-events";
inline constexpr std::string_view payment_events = "payment-events";
inline constexpr std::string_view payment_status_updates = "payment-status-updates";
inline constexpr std::string_view inventory_events = "inventory-events";
inline constexpr std::string_view delivery_events = "delivery-events";
inline constexpr std::array topics{order_events, payment_events, payment_status_updates, inventory_events, delivery_events};

enum class Presence { always, sometimes };

// A member of the body. Fields are only ever added; whoever reads ignores those that it does not know.
struct Field {
    std::string_view name;
    std::string_view form;
    Presence presence = Presence::always;
};

struct EventType {
    std::string_view name;     // ce_type
    std::string_view topic;
    std::uint32_t version;     // of the body; a body that old readers could not read would get a new one
    std::string_view when;
    std::span<const Field> fields;
};

namespace fields {

inline constexpr auto sometimes = Presence::sometimes;
inline constexpr std::string_view money = "money";
inline constexpr std::string_view amount = "decimal amount";
inline constexpr std::string_view code = "reason code";

inline constexpr std::array order_created{Field{"order_id", "id"}, Field{"customer_id", "id", sometimes}, Field{"total", money}, Field{"warehouse", "code"},
                                          Field{"country", "ISO 3166-1 code"}, Field{"payment_method", "word", sometimes},
                                          Field{"lines", "array of `sku`, `name`, `quantity`, `unit_price` and `amount`"}};
inline constexpr std::array order_confirmed{Field{"order_id", "id"}, Field{"payment_id", "id"}, Field{"amount", money}};
inline constexpr std::array order_updated{Field{"order_id", "id"}, Field{"change", "`packed` or `payment_submitted`"}, Field{"payment_method", "word", sometimes}};
inline constexpr std::array order_shipped{Field{"order_id", "id"}, Field{"shipment_id", "id", sometimes}, Field{"tracking_number", "text", sometimes}};
inline constexpr std::array order_delivered{Field{"order_id", "id"}};
inline constexpr std::array order_cancelled{Field{"order_id", "id"}, Field{"was", "word", sometimes}, Field{"reason", code, sometimes}};
inline constexpr std::array order_failed{Field{"order_id", "id"}, Field{"reason", code, sometimes}};

inline constexpr std::array payment_created{Field{"payment_id", "id"}, Field{"order_id", "id"}, Field{"customer_id", "id", sometimes}, Field{"amount", money},
                                            Field{"method", "word", sometimes}};
inline constexpr std::array payment_processed{Field{"payment_id", "id"}, Field{"order_id", "id"}, Field{"amount", money}};
inline constexpr std::array payment_refunded{Field{"payment_id", "id"}, Field{"order_id", "id"}, Field{"refund_id", "id"}, Field{"amount", money}};
inline constexpr std::array payment_status_updated{Field{"payment_id", "id"}, Field{"order_id", "id"}, Field{"status", "word"}, Field{"refund_id", "id", sometimes},
                                                   Field{"amount", money, sometimes}, Field{"reason", code, sometimes}};

inline constexpr std::array inventory_reserved{Field{"sku", "text"}, Field{"warehouse", "code"}, Field{"reservation_id", "id"}, Field{"order_id", "id", sometimes},
                                               Field{"quantity", "integer"}, Field{"expires_at", "time"}};
inline constexpr std::array inventory_released{Field{"sku", "text"}, Field{"warehouse", "code"}, Field{"reservation_id", "id"}, Field{"quantity", "integer"},
                                               Field{"was_committed", "boolean"}, Field{"reason", code, sometimes}};

inline constexpr std::array delivery_assigned{Field{"shipment_id", "id"}, Field{"order_id", "id"}, Field{"tracking_number", "text"}};
inline constexpr std::array shipping_updated{Field{"shipment_id", "id"}, Field{"order_id", "id"}, Field{"status", "word"}, Field{"happened_at", "time", sometimes},
                                             Field{"reason", code, sometimes}};

}  // namespace fields

inline constexpr EventType order_created{"order.created", order_events, 1, "An order was placed.", fields::order_created};
inline constexpr EventType order_confirmed{"order.confirmed", order_events, 1, "Its money is secured.", fields::order_confirmed};
inline constexpr EventType order_updated{"order.updated", order_events, 1, "It was packed, or its customer gave another means of payment.", fields::order_updated};
inline constexpr EventType order_shipped{"order.shipped", order_events, 1, "The carrier has it.", fields::order_shipped};
inline constexpr EventType order_delivered{"order.delivered", order_events, 1, "It reached its customer.", fields::order_delivered};
inline constexpr EventType order_cancelled{"order.cancelled", order_events, 1, "Somebody called it off.", fields::order_cancelled};
inline constexpr EventType order_failed{"order.failed", order_events, 1, "It can't be carried out.", fields::order_failed};
inline constexpr EventType payment_created{"payment.created", payment_events, 1, "A payment was begun.", fields::payment_created};
inline constexpr EventType payment_processed{"payment.processed", payment_events, 1, "Its money was captured.", fields::payment_processed};
inline constexpr EventType payment_refunded{"payment.refunded", payment_events, 1, "Captured money was paid back, all or some.", fields::payment_refunded};
inline constexpr EventType payment_status_updated{"payment.status-updated", payment_status_updates, 1, "Any step of a payment, failed ones too.",
                                                  fields::payment_status_updated};
inline constexpr EventType inventory_reserved{"inventory.reserved", inventory_events, 1, "Stock was set aside for an order.", fields::inventory_reserved};
inline constexpr EventType inventory_released{"inventory.released", inventory_events, 1, "Set-aside or sold stock went back.", fields::inventory_released};
inline constexpr EventType delivery_assigned{"delivery.assigned", delivery_events, 1, "A carrier took a shipment on.", fields::delivery_assigned};
inline constexpr EventType shipping_updated{"shipping.updated", delivery_events, 1, "A shipment was made, moved on, or failed.", fields::shipping_updated};

inline constexpr std::array event_types{&order_created,     &order_confirmed,  &order_updated,          &order_shipped,      &order_delivered,
                                        &order_cancelled,   &order_failed,     &payment_created,        &payment_processed,  &payment_refunded,
                                        &payment_status_updated, &inventory_reserved, &inventory_released, &delivery_assigned, &shipping_updated};

}  // namespace granary::integration
