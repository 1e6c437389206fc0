// What the erasure of a person asks of the world outside of the person's own streams: its orders, and its key.
#pragma once

#include <cstdint>
#include <functional>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace granary::ports {

// Thread-safe. Both may be asked any number of times. Callbacks come on a thread of the adapter, or on the caller's, and once;
// unavailable: not now, ask again; every other fault is one that an operator must look at.
class PersonEraser {
  public:
    virtual ~PersonEraser() = default;

    // How many orders of this customer, or of these two this one order, have not ended: of all that was durable when this was
    // called. Counts to limits::erasure_orders_counted_max and no further.
    virtual void orders_under_way(CustomerId customer, OrderId order, std::function<void(Result<std::uint32_t>)> done) = 0;

    // The person's key is gone, durably, and nothing can be sealed under it any more.
    virtual void destroy_key(PersonId person, std::function<void(Status)> done) = 0;
    // The same of somebody whose key was destroyed before: a backup may have brought it back. Costs little when it has not.
    virtual void keep_destroyed(PersonId person, std::function<void(Status)> done) = 0;
};

}  // namespace granary::ports
