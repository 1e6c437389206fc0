// Questions about orders: the page of one, lists of many, and what happened to one.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

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

    // Of the customer's orders, those that have not ended; counts to `count_max` and no further.
    Result<std::uint32_t> under_way(CustomerId customer, std::uint32_t count_max) const;
    // Whether this order has not ended; false of one that there is not.
    Result<bool> is_under_way(OrderId id) const;

    // What happened, oldest first: {"type", "occurred_at", "recorded_at", "position", ...}. Customers see events of the order, its
    // payments and shipments; staff also see what the saga did. Empty when there is no such order.
    Result<Page> timeline(OrderId id, bool for_staff, const PageRequest& page) const;

    // Where all that happened to the order stands in its partition: offsets of its commits and of those of its payments, shipments and
    // sagas, ascending. unsupported: more than `count_max` events.
    Result<std::vector<Offset>> commits_of(OrderId id, std::size_t count_max) const;

  private:
    Source source_;
};

}  // namespace granary::queries
