// Linux counts niceness by thread.
#include "platform/host/background_thread.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace granary {
namespace {

constexpr int background_niceness = 5;

}  // namespace

void run_in_background(const char* name) {
    pthread_setname_np(pthread_self(), name);
    const auto thread = static_cast<id_t>(gettid());
    const int now = getpriority(PRIO_PROCESS, thread);
    static_cast<void>(setpriority(PRIO_PROCESS, thread, now + background_niceness));
}

}  // namespace granary
