// One event as views get it: what happened, when, and where it stands in the log.
#pragma once

#include <cstdint>

#include "core/position.hpp"
#include "core/time.hpp"
#include "schemas/commit.hpp"

namespace granary::views {

struct Fact {
    const Commit& commit;
    const Event& event;
    Position position;        // of the commit
    std::uint32_t index = 0;  // of the event in its commit
    Time occurred_at;
    std::uint64_t version = 0;  // of the stream after this event

    Time recorded_at() const { return commit.meta.time; }
};

}  // namespace granary::views
