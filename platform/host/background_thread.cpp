// Linux counts niceness by thread.
#include "platform/host/background_thread.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace granary {
namespace {

constexpr int background_niceness = 5;
constexpr int leisure_niceness = 10;

void name_and_lower(const char* name, int niceness) {
    pthread_setname_np(pthread_self(), name);
    const auto thread = static_cast<id_t>(gettid());
    const int now = getpriority(PRIO_PROCESS, thread);
    static_cast<void>(setpriority(PRIO_PROCESS, thread, now + niceness));
}

}  // namespace

void run_in_background(const char* name) { name_and_lower(name, background_niceness); }

void run_at_leisure(const char* name) { name_and_lower(name, leisure_niceness); }

}  // namespace granary
