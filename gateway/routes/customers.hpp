// Customers: register, read, change the address, erase, export.
#pragma once

#include <optional>

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void register_customer(const CallPtr& call);
void get_customer(const CallPtr& call);     // the id in the path, or `me`
void put_address(const CallPtr& call);      // the same
void export_customer(const CallPtr& call);  // the same; all that is held
void erase_customer(const CallPtr& call);   // {ground?, despite_orders?}
void erase_buyer(const CallPtr& call);      // the same, of an order without a customer

// The customer in the path, `me` or an id that the principal may act for. nullopt, and the call has been failed.
std::optional<CustomerId> path_customer(const CallPtr& call);

}  // namespace granary::gateway
