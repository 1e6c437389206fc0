// Questions about orders: the page of one, lists of many, and what happened to one.
#pragma once

#include <optional>
#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "query-side/queries/source.hpp"
#include "query-side/read_models/order_status.hpp"

namespace granary::queries {

// Thread-safe; every call reads the store and blocks no longer than that.
class OrderQueries {
  public:
    explicit OrderQueries(const Source& source) : source_(source) {}

    // Where the order lives: what to fold to when `get` finds nothing.
    Partition partition(OrderId id) const;

    // The order's page with its payment and shipment. nullopt: no such order up to `folded` of its partition.
    Result<std::optional<Document>> get(OrderId id) const;

    // Summaries (id, status, customer, reference, total, line_count, warehouse, country, placed_at, updated_at), newest first.
    // invalid_argument: the cursor is not one of this list's.
    Result<Page> of_customer(CustomerId customer, const PageRequest& page) const;
    Result<Page> by_status(read_models::OrderStatus status, const PageRequest& page) const;

    // What happened, oldest first: {"type", "occurred_at", "recorded_at", "position", ...}. Customers see events of the order, its
    // payments and shipments; staff also see what the saga did. Empty when there is no such order.
    Result<Page> timeline(OrderId id, bool for_staff, const PageRequest& page) const;

  private:
    Source source_;
};

}  // namespace granary::queries
