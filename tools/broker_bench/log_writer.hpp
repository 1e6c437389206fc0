// The product's way: chained records through the log port, acknowledged only where each lies right behind the one before it.
#pragma once

#include <cstdint>
#include <memory>

#include "platform/ports/log.hpp"
#include "tools/broker_bench/meter.hpp"

namespace granary::broker_bench {

// One writer of every partition of a fresh log, which it may be the only one of; the log and the meter outlive it.
std::unique_ptr<Writer> make_log_writer(ports::Log& log, std::size_t record_bytes, Meter& meter);

}  // namespace granary::broker_bench
