// Delivery: what shipping costs, and where a shipment is.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void calculate_shipping(const CallPtr& call);     // {country, pieces}
void track_shipment(const CallPtr& call);         // {order}
void list_order_shipments(const CallPtr& call);

}  // namespace granary::gateway
