// A deque under a mutex; the bound counts records and bytes.
#include "platform/adapters/rocksdb/log_queue.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "core/limits.hpp"

namespace granary::rocks {

Status LogQueue::push(std::vector<ports::LogAppend> appends) {
    const std::size_t bytes = std::accumulate(appends.begin(), appends.end(), std::size_t{0}, [](std::size_t sum, const auto& append) { return sum + append.record.size(); });
    {
        const std::scoped_lock lock(mutex_);
        if (closed_) return fault(FaultCode::unavailable, "the log is being closed");
        if (waiting_.size() + appends.size() > records_max_ || bytes_ + bytes > bytes_max_) {
            return fault(FaultCode::unavailable, "too many records wait for the log; try again");
        }
        bytes_ += bytes;
        std::ranges::move(appends, std::back_inserter(waiting_));
    }
    filled_.notify_one();
    return {};
}

bool LogQueue::take(std::vector<ports::LogAppend>& group, const std::function<void()>& before) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (before && !waiting_.empty()) {
        lock.unlock();
        before();
        lock.lock();
    }
    std::size_t bytes = 0;
    while (!waiting_.empty() && group.size() < limits::log_group_records_max && bytes < limits::log_group_bytes_max) {
        bytes += waiting_.front().record.size();
        group.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    bytes_ -= bytes;
    return !group.empty();
}

void LogQueue::close() {
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
    }
    filled_.notify_all();
}

}  // namespace granary::rocks
