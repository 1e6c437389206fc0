// Rows of several partitions on their way into a table: gathered in memory, so that they come into the store as few sorted files
// instead of one for each partition, whose keys all lie across one another's and would have to be merged again.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/store.hpp"
#include "projections/runtime/track.hpp"

namespace granary::projections {

// Not thread-safe. Store and clock outlive it.
class GatheredRows {
  public:
    // `bytes_max` of rows are gathered before they are brought into the store.
    GatheredRows(ports::Store& store, std::string table, const ports::Clock& clock, std::size_t bytes_max);

    // Takes over what the track has folded, and brings it into the store when so many bytes are gathered, or it is
    // long ago that anything was brought there. Until it is there, nobody may fold on what was taken.
    Status take(Track& track);
    // All of it, and the positions that it leads to, in one step.
    Status flush();

  private:
    struct Row {
        std::string key;
        std::optional<std::string> value;  // nullopt: removed
    };

    ports::Store& store_;
    const std::string table_;
    const ports::Clock& clock_;
    const std::size_t bytes_max_;
    Duration flushed_;
    std::vector<Row> rows_;
    ports::StoreBatch positions_;
    std::size_t bytes_ = 0;
};

}  // namespace granary::projections
