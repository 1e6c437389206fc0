// Everything that happened to an order, event by event, with who caused it and what it led to.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace granary::ports {

// What the log knew then: nothing behind this position, which is of the order's partition; nothing committed after this time; or now.
using HistoryMoment = std::variant<std::monostate, Position, Time>;

struct HistoryRequest {
    OrderId order;
    std::size_t limit = 0;  // events at most
    std::string cursor;     // raw bytes, as a page gave them; empty for the first one
    HistoryMoment as_of;
};

struct HistoryPage {
    std::vector<std::string> items;  // complete JSON objects, oldest first
    std::string next_cursor;         // raw bytes; empty when there is nothing more
};

// Thread-safe. Reads the log, so it is no work for a thread that answers clients; costs as much as has happened to the order, however
// much has happened to others. Faults of both: invalid_argument: a position of another partition, or no cursor of this list; unsupported:
// more than limits::history_events_shown_max events.
class OrderHistory {
  public:
    virtual ~OrderHistory() = default;
    // Of the order, its payments, shipments and sagas, as far as this node's views know: {"aggregate", "key", "position", "version", "time",
    // "occurred_at", "id", "event", "actor", "command", "causation", "correlation", "fields", "state"}. Empty when there was no such order.
    virtual Result<HistoryPage> page(const HistoryRequest& request) = 0;
    // Which fields of the order's own state differ between two moments, as a JSON object: {"kind", "id", "before": {"position", "version",
    // "time", "event"}, or null when there was no such order, "after", "changes": [{"field", "before", "after"}]}.
    virtual Result<std::string> changes(OrderId order, const HistoryMoment& from, const HistoryMoment& to) = 0;
};

}  // namespace granary::ports
