// Finds which records of a damaged block are as they were written, and where: by the hashes that records carry of one another.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/position.hpp"

namespace granary::rocks {

// What a record from bytes whose checksum is wrong says of itself and of those in front.
struct DoubtfulRecord {
    Offset offset;  // by its key
    Digest hash;
    std::optional<Digest> prev;  // nullopt: too short to hold one
    bool is_record = false;
};

DoubtfulRecord look_at(Offset offset, std::string_view bytes);

// More records than one block holds: so far away, the same damage does not reach.
constexpr std::size_t salvage_reach = 1024;

// Of each of these (offsets ascend): whether it is what was written at its place. Its bytes are sound if a later one carries their hash,
// or the next one carries it but for a few bits. Its place is, if those around it extend one another without a break from the log's
// beginning, or up to its `end`, or for `reach` records in front or behind: a changed key moves records of one block together, which
// fit each other at any place, and nothing else there.
std::vector<bool> sound_ones(std::span<const DoubtfulRecord> records, const Digest& genesis, Offset end, std::size_t reach = salvage_reach);

}  // namespace granary::rocks
