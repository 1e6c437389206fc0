// Replays the sagas of a whole log, or one of them, through today's code: where and how it parts from what the log recorded.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "platform/ports/log.hpp"
#include "sagas/runtime/partition_replay.hpp"
#include "tools/granary/output.hpp"

namespace granary::cli {

struct ReplayOptions {
    // This order's saga, or this person's erasure, and no other; its steps are told, too.
    std::variant<std::monostate, OrderId, sagas::ErasureSubject> only;
    bool at_rest = false;         // the shop had come to rest, so nothing may be open at the end
    std::size_t threads = 1;      // partitions that are read at once
    std::size_t listed_max = 1000;
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // records read; called from one thread at a time
};

struct ReplayReport {
    sagas::ReplayCounts counts;
    std::vector<sagas::Divergence> divergences;  // the first ones, at most listed_max, by position
    std::vector<sagas::ReplayedStep> steps;      // of `only`
    std::uint64_t records = 0;                   // accepted ones that were read
    std::size_t live_max = 0;                    // sagas of one partition that were held at once
    PositionVector read_up_to;
};

// Up to the ends that the partitions have when it starts. Faults: those of ChainReader.
Result<ReplayReport> replay_sagas(ports::Log& log, const ReplayOptions& options);

// A row per divergence.
Table divergences_of(const ReplayReport& report);
// A row per event of the one saga, and what today's code makes of it.
Table steps_of(const ReplayReport& report);
// One JSON object with everything.
std::string json_of(const ReplayReport& report);
// In words, for people.
std::string summary_of(const ReplayReport& report, double seconds);

}  // namespace granary::cli
