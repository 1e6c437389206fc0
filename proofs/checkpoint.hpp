// Checkpoints (c2sp.org/tlog-checkpoint): the root of one partition's tree at one size, as text to be signed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/digest.hpp"
#include "core/ids.hpp"
#include "core/position.hpp"
#include "core/result.hpp"

namespace granary::proofs {

// Whose tree it is. The number of partitions stands in it, so that none can be left out unnoticed.
struct Origin {
    Uuid log;
    std::uint32_t partitions = 0;
    Partition partition;
    bool operator==(const Origin&) const = default;
};

// `granary/LOG`: the name of a log's key.
std::string key_name_of(Uuid log);
// `granary/LOG/7-of-64`: partition 7 of 64, counted from 0.
std::string text_of(const Origin& origin);

struct Checkpoint {
    Origin origin;
    std::uint64_t size = 0;  // records that count
    Digest root;
    bool operator==(const Checkpoint&) const = default;
};

// Three lines: origin, size, root.
std::string text_of(const Checkpoint& checkpoint);
// corrupt: not the three lines, or more (extension lines say nothing here, so none are taken).
Result<Checkpoint> parse_checkpoint(std::string_view text);

}  // namespace granary::proofs
