// An observer that keeps what it is told and lets a test wait for it.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <vector>

#include "platform/ports/log.hpp"

namespace granary::tests {

class Recorder : public ports::LogObserver {
  public:
    void delivered(std::span<const ports::LogDelivery> deliveries) override {
        const std::scoped_lock lock(mutex_);
        deliveries_.insert(deliveries_.end(), deliveries.begin(), deliveries.end());
        ++calls_;
        more_.notify_all();
    }
    void grown(std::span<const Partition> partitions) override {
        const std::scoped_lock lock(mutex_);
        grown_.insert(partitions.begin(), partitions.end());
        ++growths_;
        more_.notify_all();
    }

    // Waits for at least `count` deliveries since the start, and the growth told with them.
    std::vector<ports::LogDelivery> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        const bool came = more_.wait_for(lock, std::chrono::seconds(60), [&] { return deliveries_.size() >= count && growths_ > 0; });
        REQUIRE(came);
        return deliveries_;
    }
    std::size_t count() const {
        const std::scoped_lock lock(mutex_);
        return deliveries_.size();
    }
    std::set<Partition> grown_partitions() const {
        const std::scoped_lock lock(mutex_);
        return grown_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable more_;
    std::vector<ports::LogDelivery> deliveries_;
    std::set<Partition> grown_;
    std::size_t calls_ = 0;
    std::size_t growths_ = 0;
};

}  // namespace granary::tests
