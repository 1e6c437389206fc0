// Products: create, read, list, change and retire.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

void create_product(const CallPtr& call);
void list_products(const CallPtr& call);
void get_product(const CallPtr& call);
void put_product(const CallPtr& call);
void patch_product(const CallPtr& call);
void retire_product(const CallPtr& call);

}  // namespace granary::gateway
