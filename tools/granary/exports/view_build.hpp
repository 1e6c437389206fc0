// Views folded from the log alone, as of any moment: for analysts who want to know what was known then.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/store.hpp"

namespace granary::cli {

// Where each partition ends: one past the last record that is taken, by partition.
using LogEnds = std::vector<Offset>;

// `0:17,3:9`, which names the last record of each partition that has any, or an RFC 3339 time: what the log knew then. Empty: now.
// invalid_argument: neither; a partition that is not there, named twice, or not so long.
Result<LogEnds> parse_ends(ports::Log& log, const std::string& as_of);

PositionVector positions_of(const LogEnds& ends);

// Folds the view into a table of `store` made for it, and returns the table's name.
Result<std::string> build_view(ports::Log& log, ports::Store& store, std::string_view view, const LogEnds& ends, const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

}  // namespace granary::cli
