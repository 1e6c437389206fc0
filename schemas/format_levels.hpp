// Levels of what is written to the log: a new kind or version of an event is written only where every node can read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "schemas/messages.hpp"

namespace granary {

// What this build can read, and writes where it may. A Format record of a higher level halts it. Raise it with each new kind or
// version of an event, and say in `level_of` which those are (docs/decisions/0076).
inline constexpr std::uint32_t newest_format_level = 2;
// Of a partition without a Format record: what was written before there were any, and by this release at the least.
inline constexpr std::uint32_t unmarked_format_level = 2;
static_assert(unmarked_format_level <= newest_format_level);

// The least level at which this may be written.
std::uint32_t level_of(EventKey key);

struct WrittenEvent {
    EventKey key;
    std::string payload;
};
// In the newest form that the level has; nullopt when it has none, so that it must not be written yet.
std::optional<WrittenEvent> encode_event_at(const Event& event, std::uint32_t level);
// What a reader will make of it: what an old form has no place for is gone. unavailable: as above.
Result<Event> as_read_at(const Event& event, std::uint32_t level);

}  // namespace granary
