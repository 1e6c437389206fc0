// One sample of everything that is persisted, with every field set to something that is not its default.
#pragma once

#include <string>
#include <vector>

#include "schemas/commit.hpp"
#include "schemas/event_key.hpp"

namespace granary::samples {

struct EventSample {
    EventKey key;
    std::string name;     // file name of its golden bytes: `0101.1.order_placed`
    std::string payload;  // as this build encodes it
    Event newest;         // what reading it must give; of an old version, the upcast event
};

// Every event of every context, superseded versions included.
std::vector<EventSample> events();
// Every event type and version that the schemas declare.
std::vector<EventInfo> known_events();

struct RecordSample {
    std::string name;
    LogEntry entry;
};

// A commit with two events (one that happened at a time of its own), and each control record.
std::vector<RecordSample> records();

}  // namespace granary::samples
