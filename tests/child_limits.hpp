// What a forked test process may use.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "core/check.hpp"

namespace granary::tests {

constexpr unsigned process_seconds_max = 900;  // of waiting for what never comes; many times what any takes on a busy machine

// Of computing time, so that a busy machine finds no bugs of its own; and no core file. Of this process, from now on.
inline void limit_this_process(rlim_t cpu_seconds_max) {
    rlimit cpu{};
    GRANARY_CHECK(getrlimit(RLIMIT_CPU, &cpu) == 0);
    cpu.rlim_cur = std::min(cpu_seconds_max, cpu.rlim_max);
    GRANARY_CHECK(setrlimit(RLIMIT_CPU, &cpu) == 0);
    (void)alarm(process_seconds_max);
    const rlimit no_dump{0, 0};
    GRANARY_CHECK(setrlimit(RLIMIT_CORE, &no_dump) == 0);
}

}  // namespace granary::tests
