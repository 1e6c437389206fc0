// What became of one aggregate's state between two moments: each field that is not the same, before and after.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "tools/granary/aggregate_history.hpp"
#include "tools/granary/output.hpp"

namespace granary::cli {

struct ChangedField {
    std::string field;   // `total.amount`, `lines[2].quantity`
    std::string before;  // as JSON; empty: there was none
    std::string after;
};

// Of two JSON objects; an empty text stands for no object. In the order of `after`, what is gone behind it. corrupt: no JSON.
Result<std::vector<ChangedField>> changed_fields(std::string_view before, std::string_view after);

struct StateDifference {
    History before;  // each with the last event up to its moment, and the state after it; without events: not there yet
    History after;
    std::vector<ChangedField> fields;
};

// Each with its last event, or without any. corrupt: a state that is no JSON.
Result<StateDifference> difference_between(History before, History after);

// `query` but for its as_of, last and with_states, which are of no account; `from` and `to` as --as-of takes them. Faults: those of
// read_history and parse_as_of.
Result<StateDifference> read_difference(ports::Log& log, const HistoryQuery& query, std::string_view from, std::string_view to, std::size_t threads = 2);

Table table_of(const StateDifference& difference);
// {"kind", "id", "before": {"position", "version", "time"} or null, "after": ..., "changes": [{"field", "before", "after"}]}
std::string json_of(const HistoryQuery& query, const StateDifference& difference);

}  // namespace granary::cli
