// The peer: librdkafka's producer as anybody uses it, with acks=all and nothing on top.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tools/broker_bench/meter.hpp"

namespace granary::broker_bench {

struct RawSettings {
    std::string linger_ms = "1", compression = "lz4";  // as the log port has them
};

// Null when the library refuses a setting. The meter outlives it; the destructor waits for what is under way.
std::unique_ptr<Writer> make_raw_producer(const std::string& brokers, const std::string& topic, std::uint32_t partitions, std::size_t record_bytes,
                                          const RawSettings& settings, Meter& meter);

}  // namespace granary::broker_bench
