// Which part of a log an answer is about: what it knew at some moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/log.hpp"

namespace granary::cli {

// One past the last record that is taken, by partition.
using LogEnds = std::vector<Offset>;

struct AsOf {
    LogEnds ends;
    std::optional<Time> until;  // and in front of each partition's first commit that is later
};

// `0:17,3:9`, which names the last record of each partition that has any (`-`: none has), an RFC 3339 time, or a date, which means
// its whole day. Empty: now. invalid_argument: none of these; a partition that is not there, named twice, or not so long.
Result<AsOf> parse_as_of(ports::Log& log, const std::string& text);

PositionVector positions_of(const LogEnds& ends);

}  // namespace granary::cli
