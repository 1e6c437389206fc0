// Taking over what another system booked.
#pragma once

#include "gateway/middleware/call.hpp"

namespace granary::gateway {

// Many invoices in one request, each a commit of its own. Sending it again is harmless: an invoice that is here is counted
// as such, and one that is here with other contents is refused by itself. 503 when not all of them could be decided.
void import_orders(const CallPtr& call);

}  // namespace granary::gateway
