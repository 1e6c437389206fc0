// What led to an aggregate's events and what followed from them, in all contexts: each event below the one that caused it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "tools/granary/aggregate_history.hpp"
#include "tools/granary/output.hpp"

namespace granary::cli {

struct CausedEvent {
    StreamId stream;
    HistoryEvent event;     // without states
    std::size_t depth = 0;  // 0: caused by no event that is shown
};

struct CausationTree {
    std::vector<CausedEvent> events;  // each behind its cause, those of one cause by time
    std::uint64_t left_out = 0;       // more than history_events_max
};

// All events under a correlation of one of the aggregate's own, and the whole life of an order whose part it is (order,
// payments, shipments, saga); up to `history`'s last moment when the query has an as_of. Reads every partition. `history` is the answer to `query`. Faults: those
// of ChainReader.
Result<CausationTree> read_causation_tree(ports::Log& log, const HistoryQuery& query, const History& history, std::size_t threads = 2);

// A row per event, its name set in below its cause.
Table table_of(const CausationTree& tree);
// One JSON object; `events` with `depth`, in the same order.
std::string json_of(const HistoryQuery& query, const CausationTree& tree);

}  // namespace granary::cli
