// What clients of a simulated world asked for and were told: the only thing that the checkers believe beside the log and the books.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/position.hpp"
#include "core/refusal.hpp"
#include "platform/ports/command_bus.hpp"

namespace granary::simulation {

struct Asked {
    CommandId id;
    Command command;
    Fingerprint fingerprint;                        // nil: of no body
    std::optional<std::uint64_t> expected_version;
    StreamTarget target;
    Partition partition;
    Duration first_sent;     // virtual time
    Duration answered_at;    // of the final answer
    std::uint32_t tries = 0;
    bool answered = false;   // finally: accepted, replayed, unchanged or refused
    bool given_up = false;
    ports::CommandOutcome outcome = ports::CommandOutcome::unknown;
    Position position;
    std::uint64_t version = 0;
    RefusalCode refusal = RefusalCode::none;
};

// Stays where it is while it grows.
using Journal = std::deque<Asked>;

}  // namespace granary::simulation
