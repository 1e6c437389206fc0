// Everything that happened to an order, event by event, with who caused it and what it led to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace granary::ports {

struct HistoryPage {
    std::vector<std::string> items;  // complete JSON objects, oldest first
    std::string next_cursor;         // raw bytes; empty when there is nothing more
};

// Thread-safe. Reads the log, so it is no work for a thread that answers clients; costs as much as has happened to the order, however
// much has happened to others.
class OrderHistory {
  public:
    virtual ~OrderHistory() = default;
    // Of the order, its payments, shipments and sagas, as far as this node's views know: {"aggregate", "key", "position", "version", "time",
    // "occurred_at", "id", "event", "actor", "command", "causation", "correlation", "fields", "state"}. Empty when there is no such order.
    // invalid_argument: no cursor of this list; unsupported: more than limits::history_events_shown_max events.
    virtual Result<HistoryPage> page(OrderId order, std::size_t limit, std::string_view cursor) = 0;
};

}  // namespace granary::ports
