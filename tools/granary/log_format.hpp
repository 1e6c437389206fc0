// Which level of the format each partition may hold, and raising it once every node can read more.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/log.hpp"
#include "schemas/format_levels.hpp"

namespace CLI {
class App;
}

namespace granary::cli {

// Of one partition, read to its end.
struct PartitionFormat {
    Partition partition;
    std::uint32_t level = 0;            // without a Format record, unmarked_format_level
    std::optional<Position> position;   // of the record that says so
    Time time;                          // of it
    std::string actor;                  // who wrote it
    Digest head;
    Time last_time;                     // of whatever stands last in the partition
};

// Reads the whole log. halted: it is damaged, or holds what this build can't read. `unmarked`: the level without a Format record.
Result<std::vector<PartitionFormat>> formats_of(ports::Log& log, std::uint32_t unmarked = unmarked_format_level);

struct RaiseWish {
    std::uint32_t level = 0;
    std::string actor;
    Time now;
    std::uint32_t unmarked = unmarked_format_level;
};
// Appends a Format record to each partition that is below the level, beside its owner if there is one: a lost race is run again, a
// bounded number of times. Returns how many were written. timed_out, unavailable: not all of them; ask again.
Result<std::uint32_t> raise_format(ports::Log& log, const RaiseWish& wish);

void add_log_format_verb(CLI::App& log, int& exit_code);

}  // namespace granary::cli
