// Times are left to whoever reads the log anyway: looking for them beforehand would read it twice.
#include "tools/granary/past/as_of.hpp"

#include <algorithm>
#include <string_view>

#include "projections/runtime/rebuild.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t date_bytes = 10;  // 2010-12-01
constexpr std::string_view last_moment = "T23:59:59.999999Z";

Result<LogEnds> ends_of_positions(const LogEnds& now, std::string_view text) {
    LogEnds ends(now.size(), Offset{0});
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const auto position = parse_position(text.substr(0, comma));
        if (!position || position->partition.number >= now.size()) {
            return fault(FaultCode::invalid_argument, "--as-of takes positions such as 0:17,3:9 of partitions that the log has, an RFC 3339 time, or a date");
        }
        auto& end = ends[position->partition.number];
        if (end.number != 0) return fault(FaultCode::invalid_argument, "--as-of names partition " + std::to_string(position->partition.number) + " twice");
        if (position->offset >= now[position->partition.number]) return fault(FaultCode::invalid_argument, "the log has not come to " + text_of(*position) + " yet");
        end = position->offset.next();
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return ends;
}

}  // namespace

Result<AsOf> parse_as_of(ports::Log& log, const std::string& text) {
    auto now = projections::ends_of(log);
    if (!now) return std::unexpected(std::move(now.error()));
    if (text.empty()) return AsOf{std::move(*now), {}};
    if (text == "-") return AsOf{LogEnds(now->size(), Offset{0}), {}};
    if (const auto time = parse_rfc3339(text.size() == date_bytes ? text + std::string(last_moment) : text)) return AsOf{std::move(*now), time};
    auto ends = ends_of_positions(*now, text);
    if (!ends) return std::unexpected(std::move(ends.error()));
    return AsOf{std::move(*ends), {}};
}

PositionVector positions_of(const LogEnds& ends) {
    PositionVector positions;
    for (const auto& end : ends) positions.push_back({end.number - 1});
    return positions;
}

}  // namespace granary::cli
