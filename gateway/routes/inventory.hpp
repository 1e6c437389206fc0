// Stock: receive, adjust, read; reservations by hand.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void receive_stock(const CallPtr& call);
void adjust_stock(const CallPtr& call);
void get_stock(const CallPtr& call);
void list_warehouse_stock(const CallPtr& call);
void create_reservation(const CallPtr& call);
void commit_reservation(const CallPtr& call);
void release_reservation(const CallPtr& call);

}  // namespace granary::gateway
