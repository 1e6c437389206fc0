// Customers: register, read, change the address.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void register_customer(const CallPtr& call);
void get_customer(const CallPtr& call);     // the id in the path, or `me`
void put_address(const CallPtr& call);      // the same

}  // namespace granary::gateway
