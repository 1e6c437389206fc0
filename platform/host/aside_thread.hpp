// One thread for work that would keep an io thread for too long, such as a report over all of history.
#pragma once

#include <cstddef>
#include <functional>
#include <thread>

#include "platform/host/mailbox.hpp"

namespace granary {

// Runs what it is given one after another, behind threads that answer clients (run_in_background). Thread-safe.
class AsideThread {
  public:
    using Work = std::function<void()>;

    // `name`: at most 15 characters. `waiting_max` works may wait.
    AsideThread(const char* name, std::size_t waiting_max);
    // Ends the work at hand; what still waits is dropped.
    ~AsideThread();
    AsideThread(const AsideThread&) = delete;
    AsideThread& operator=(const AsideThread&) = delete;

    // False, and nothing is taken, when too much waits.
    bool try_run(Work work) { return waiting_.try_push(std::move(work)); }

  private:
    void run(const std::stop_token& stop, const char* name);

    Mailbox<Work> waiting_;
    std::jthread thread_;  // last: it uses the box
};

}  // namespace granary
