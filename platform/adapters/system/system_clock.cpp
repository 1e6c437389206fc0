// Reads CLOCK_REALTIME and CLOCK_MONOTONIC.
#include "platform/adapters/system/system_clock.hpp"

#include <ctime>

#include "core/check.hpp"

namespace granary {
namespace {

std::int64_t read_microseconds(clockid_t clock) {
    timespec time{};
    GRANARY_CHECK(clock_gettime(clock, &time) == 0);
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

}  // namespace

Time SystemClock::now() const { return {read_microseconds(CLOCK_REALTIME)}; }

Duration SystemClock::monotonic() const { return {read_microseconds(CLOCK_MONOTONIC)}; }

}  // namespace granary
