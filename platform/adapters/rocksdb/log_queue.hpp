// What waits for the log's writer thread: bounded, and handed over in groups.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "core/result.hpp"
#include "platform/ports/log.hpp"

namespace granary::rocks {

// Thread-safe.
class LogQueue {
  public:
    LogQueue(std::size_t records_max, std::size_t bytes_max) : records_max_(records_max), bytes_max_(bytes_max) {}

    // All of them or, when they don't fit (unavailable) or the queue is closed (unavailable), none.
    Status push(std::vector<ports::LogAppend> appends);
    // Waits until something is queued; calls `before` (if set), then takes at most one group. False once closed and empty.
    bool take(std::vector<ports::LogAppend>& group, const std::function<void()>& before);
    void close();

  private:
    const std::size_t records_max_;
    const std::size_t bytes_max_;
    std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<ports::LogAppend> waiting_;
    std::size_t bytes_ = 0;
    bool closed_ = false;
};

}  // namespace granary::rocks
