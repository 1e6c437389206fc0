// Questions about payments: one by its id, all of an order.
#pragma once

#include <optional>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

// Thread-safe; every call reads the store and blocks no longer than that.
class PaymentQueries {
  public:
    explicit PaymentQueries(const Source& source) : source_(source) {}

    // {"id", "order_id", "status", "method", "amount", "captured", "refunded", "refunds", "reason", ...}. A payment lives in its
    // order's partition, which its own id does not tell: fold all_partitions when it is not found.
    Result<std::optional<Document>> get(PaymentId id) const;
    // Every attempt to pay this order, oldest first; a page holds all of them up to the limit.
    Result<Page> of_order(OrderId order, const PageRequest& page) const;

  private:
    Source source_;
};

}  // namespace granary::queries
