// Views as of a moment of the past, folded by the code that servers fold with, from the nearest snapshot or the log's beginning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/store.hpp"
#include "tools/granary/past/as_of.hpp"

namespace granary::cli {

struct ViewsAtOptions {
    std::string snapshots;    // the folder whose folders are snapshots; empty: from the beginning
    std::size_t threads = 0;  // 0: all processors
    std::function<void(const std::string& view, std::uint64_t done, std::uint64_t total)> progress;
    std::stop_token stop;
};

struct ViewAt {
    std::string view;
    PositionVector positions;   // what it answers for: as asked, or where the log was at the time that was asked for
    std::string snapshot;       // the folder that it began from; empty: none
    std::uint64_t records = 0;  // of log, read behind it
    Duration took;
};

// Builds these views in a store that has none of them. Of several, all stand at the same positions.
Result<std::vector<ViewAt>> build_views_at(ports::Log& log, ports::Store& store, const std::vector<std::string>& views, const AsOf& as_of, const ViewsAtOptions& options);

}  // namespace granary::cli
