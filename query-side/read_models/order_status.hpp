// The words for an order's and a payment's state, as rows and the API spell them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "schemas/delivery_fbs.h"
#include "schemas/orders_fbs.h"
#include "schemas/payments_fbs.h"

namespace granary::read_models {

using OrderStatus = orders::OrderStatus;

// `CREATED`, `PAID`, ...; `authorized`, `captured`, ...; `in_transit`, ...; `cash_on_delivery`, ... Empty for none.
std::string_view word_of(OrderStatus status);
std::string_view word_of(payments::PaymentStatus status);
std::string_view word_of(delivery::ShipmentStatus status);
std::string_view word_of(orders::PaymentMethod method);

// No further status follows by itself.
bool is_end(OrderStatus status);

// Exactly one of the words above, upper case; nullopt otherwise.
std::optional<OrderStatus> parse_order_status(std::string_view word);
// The same, and the words of other systems: `pending` = CREATED, `processing` = PAID and PACKED. Any case. Empty: unknown.
std::vector<OrderStatus> parse_status_filter(std::string_view word);

}  // namespace granary::read_models
