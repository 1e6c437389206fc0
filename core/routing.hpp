// Which partition a routing key lives in: Kafka's default partitioner, so that any Kafka client agrees.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/position.hpp"

namespace granary {

// murmur2 with Kafka's seed, sign bit cleared, modulo the partition count (at least 1).
Partition partition_of(std::string_view routing_key, std::uint32_t partition_count);

}  // namespace granary
