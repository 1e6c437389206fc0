// Where a record stands in the log: a partition and an offset in it. There is no global order and none may be invented.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace granary {

struct Partition {
    std::uint32_t number = 0;

    auto operator<=>(const Partition&) const = default;
};

// 0 is a partition's first record; `none` (-1) stands for "before the first".
struct Offset {
    std::int64_t number = -1;

    auto operator<=>(const Offset&) const = default;
    static constexpr std::int64_t none = -1;
    Offset next() const { return {number + 1}; }
};

struct Position {
    Partition partition;
    Offset offset;

    auto operator<=>(const Position&) const = default;
};

// `12:3456`, as in the Granary-Position header. Parsing refuses signs, spaces, offsets under zero, and the largest number, which has none after it.
std::string text_of(Position position);
std::optional<Position> parse_position(std::string_view text);

// The last folded offset per partition, indexed by partition number: the position of a view or a report.
using PositionVector = std::vector<Offset>;
// `0:17,3:9`: partitions that hold nothing are left out; `-` when all are empty.
std::string text_of(const PositionVector& positions);

}  // namespace granary
