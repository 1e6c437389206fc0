// What a process is shown of the log: one event, and what its commit says about it.
#pragma once

#include <string_view>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "schemas/messages.hpp"

namespace granary::sagas {

// One event of the partition in which an instance lives, of a stream that concerns it.
struct Input {
    const Event& event;
    EventId id;
    CommandId command;  // that caused it: an accepted command of the saga is answered by its own event
    Time time;          // of the commit; the only time a process knows
    CorrelationId correlation;
    std::string_view traceparent;
};

}  // namespace granary::sagas
