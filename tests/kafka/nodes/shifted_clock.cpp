// Preloaded into a program under test, this shifts what it takes for the time of day by GRANARY_CLOCK_SHIFT seconds.
#include <dlfcn.h>
#include <time.h>

#include <cstdlib>

namespace {

time_t shift() {
    static const time_t seconds = [] {
        const char* const set = std::getenv("GRANARY_CLOCK_SHIFT");
        return set == nullptr ? time_t{0} : static_cast<time_t>(std::strtol(set, nullptr, 10));
    }();
    return seconds;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* at) noexcept {
    using ClockGettime = int (*)(clockid_t, timespec*);
    static const auto real = reinterpret_cast<ClockGettime>(dlsym(RTLD_NEXT, "clock_gettime"));
    const int failed = real(clock, at);
    if (failed == 0 && clock == CLOCK_REALTIME) at->tv_sec += shift();
    return failed;
}
