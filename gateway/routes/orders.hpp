// Orders: place, read, list, follow, change status, cancel.
#pragma once

#include <cstddef>

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

// Where the order stands in /v1/orders/{id} and below.
constexpr std::size_t order_segment = 2;

void place_order(const CallPtr& call);
void list_orders(const CallPtr& call);
void get_order(const CallPtr& call);
void get_order_history(const CallPtr& call);
void get_order_changes(const CallPtr& call);
void get_order_timeline(const CallPtr& call);
void put_order_status(const CallPtr& call);
void cancel_order(const CallPtr& call);

}  // namespace granary::gateway
