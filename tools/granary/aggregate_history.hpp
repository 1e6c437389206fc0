// The history of one aggregate as the log tells it: every event that counts, who caused it, and the state after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/json_writer.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "core/stream.hpp"
#include "core/time.hpp"
#include "platform/ports/log.hpp"
#include "schemas/commit.hpp"
#include "tools/granary/output.hpp"

namespace granary::cli {

inline constexpr std::size_t history_events_max = 100'000;  // of one aggregate, held and shown at once

// What is asked for. Without a routing key (a payment or shipment lives with its order, whose id its own does not tell)
// the partitions are searched.
struct HistoryQuery {
    StreamId stream;
    std::optional<std::string> routing_key;
    // What the log knew then: nothing behind this position, which must be of the aggregate's partition, or nothing that
    // was committed after this time.
    std::variant<std::monostate, Position, Time> as_of;
    bool with_states = false;  // fold the state and write it down after each event
    std::size_t last = history_events_max;  // keep only so many of the newest events
};

struct HistoryEvent {
    Position position;          // of the commit; all its events share it
    std::uint64_t version = 0;  // of the aggregate after this event; the first is 1
    Time time;                  // of the commit
    Time occurred_at;           // in business
    EventId id;
    std::string name;           // `order_placed`
    std::string actor;
    CommandId command;
    EventId causation;          // nil: a person or program outside
    CorrelationId correlation;
    std::string fields_json;    // the event's own fields, an object
    std::string state_json;     // the state after it, an object; empty unless asked for
};

struct History {
    std::vector<HistoryEvent> events;  // in the order of versions; none: there is no such aggregate, or was none yet
    std::uint64_t left_out = 0;        // earlier events, more than were asked for
    // The last accepted offset per partition that was read for this answer; `none` where nothing was read.
    PositionVector read_up_to;
    std::string routing_key;  // what the aggregate's partition follows from; empty without events
};

// The aggregate that an operator names: `ord_...`, `pay_...`, `shp_...`, `cus_...`, a SKU, or WAREHOUSE/SKU for stock;
// an order_fulfilment is named by its order. invalid_argument, saying what is expected: anything else.
Result<HistoryQuery> parse_aggregate(std::string_view kind, std::string_view id);
// `12:3456` or an RFC 3339 time. invalid_argument: neither.
Status parse_as_of(std::string_view text, HistoryQuery& query);

// Reads with at most `threads` threads of its own, which end before it returns. Faults: those of ChainReader (corrupt,
// halted: damage in front of, or in, what was asked for), corrupt when versions are missing or an event does not belong
// to the stream's kind, invalid_argument when as_of names another partition than the aggregate's, or one that the log
// does not have.
Result<History> read_history(ports::Log& log, const HistoryQuery& query, std::size_t threads = 2);

// One event of a commit, without a state.
HistoryEvent history_event_of(Position position, const Commit& commit, std::size_t index);
// Its members, of an object that is begun and ended by the caller.
void write_members(JsonWriter& json, const HistoryEvent& event);

// One row per event with its fields as JSON, and one JSON object with everything.
Table table_of(const History& history);
std::string json_of(const HistoryQuery& query, const History& history);

}  // namespace granary::cli
