// What other systems hear of inventory.
#pragma once

#include "integration/mapping/message.hpp"
#include "schemas/inventory_messages.hpp"

namespace granary::integration {

Messages messages_of(const inventory::Event& event);

}  // namespace granary::integration
