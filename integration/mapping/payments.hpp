// What other systems hear of payments.
#pragma once

#include "integration/mapping/message.hpp"
#include "schemas/payments_messages.hpp"

namespace granary::integration {

Messages messages_of(const payments::Event& event);

}  // namespace granary::integration
