// What other systems hear of delivery.
#pragma once

#include "integration/mapping/message.hpp"
#include "schemas/delivery_messages.hpp"

namespace granary::integration {

Messages messages_of(const delivery::Event& event);

}  // namespace granary::integration
