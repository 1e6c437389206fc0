// A mailbox of functions and the thread behind it.
#include "platform/host/aside_thread.hpp"

#include <vector>

#include "platform/host/background_thread.hpp"

namespace granary {
namespace {

constexpr Duration idle_patience = seconds(1);

}  // namespace

AsideThread::AsideThread(const char* name, std::size_t waiting_max) : waiting_(waiting_max), thread_([this, name](const std::stop_token& stop) { run(stop, name); }) {}

AsideThread::~AsideThread() {
    thread_.request_stop();
    waiting_.close();
    thread_.join();
}

void AsideThread::run(const std::stop_token& stop, const char* name) {
    run_in_background(name);
    std::vector<Work> works;
    while (!stop.stop_requested()) {
        waiting_.drain(works, idle_patience);
        for (auto& work : works) {
            if (stop.stop_requested()) return;
            work();
            work = nullptr;  // what it held is let go before the next one
        }
    }
}

}  // namespace granary
