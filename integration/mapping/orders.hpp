// What other systems hear of orders.
#pragma once

#include "integration/mapping/message.hpp"
#include "schemas/orders_messages.hpp"

namespace granary::integration {

Messages messages_of(const orders::Event& event);

}  // namespace granary::integration
