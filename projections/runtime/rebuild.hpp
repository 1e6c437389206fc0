// Builds one generation of a view from the log, all partitions side by side, as sorted files.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/store.hpp"
#include "projections/runtime/stored_state.hpp"
#include "projections/views/table.hpp"

namespace granary::projections {

struct RebuildProgress {
    std::uint64_t done = 0;   // log records, void ones included
    std::uint64_t total = 0;
    std::uint64_t events = 0;  // read so far, of all kinds
    Duration elapsed;
};

struct RebuildOptions {
    views::Table views = views::all;  // of this build
    std::size_t threads = 2;  // 1 to limits::rebuild_threads_max
    std::uint64_t records_per_second = 0;  // of log, by all threads together; 0: as many as go
    // Asked between two pages of log: while true, nothing is read, for limits::rebuild_wait_max at a time. Any thread.
    std::function<bool()> must_wait;
    std::size_t segment_bytes = limits::rebuild_segment_bytes;  // of log folded in memory before it is written
    std::optional<Time> until;  // each partition ends in front of its first commit that is later, if that comes before the target
    // About every page of log, on the rebuilding threads, one call at a time.
    std::function<void(const RebuildProgress&)> on_progress;
    std::stop_token stop;  // asked for: `unavailable`, and the next rebuild goes on from here
};

// The fault of work that was asked to stop.
std::unexpected<Fault> interrupted(std::string_view what);

// not_found: no such view. Fills the generation's table up to its target. What an earlier, interrupted run has finished is not done again. Reads the
// log and writes this table and its positions only, so that folding goes on beside it.
Result<RebuildProgress> rebuild(ports::Log& log, ports::Store& store, const ports::Clock& clock,
                                const Generation& generation, const RebuildOptions& options);

// One past the last durable record of each partition, as of now.
Result<std::vector<Offset>> ends_of(ports::Log& log);

}  // namespace granary::projections
