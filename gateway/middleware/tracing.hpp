// W3C trace context: taken from the caller, or begun here when something worth following starts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace granary::gateway {

struct Trace {
    std::string trace_id;   // 32 lower-case hex digits, never all zero
    std::string parent_id;  // 16: the caller's span; empty when the trace began here
    std::string flags = "01";
};

// nullopt for what is no traceparent of version 00 (or of a later one that starts like it): a new trace is begun then.
std::optional<Trace> parse_traceparent(std::string_view text);
// The trace as it goes on: the same trace id, a span of ours.
std::string traceparent_of(const Trace& trace, Uuid random);
Trace new_trace(Uuid random);

}  // namespace granary::gateway
