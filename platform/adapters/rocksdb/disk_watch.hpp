// Remembers for a short while whether the disk is low, so that every append may ask.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

#include "core/time.hpp"
#include "platform/ports/disk.hpp"

namespace granary::rocks {

// Thread-safe.
class DiskWatch {
  public:
    DiskWatch(std::shared_ptr<const ports::Disk> disk, std::uint64_t free_min_bytes, Duration interval)
        : disk_(std::move(disk)), free_min_bytes_(free_min_bytes), interval_(interval.us) {}

    // Asks the disk again once the interval has passed, so that freed space counts by itself. A disk that can't be asked
    // counts as low: the next write would fail for good.
    bool low() {
        if (!disk_) return false;
        const std::scoped_lock lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        if (asked_ && now - asked_at_ < interval_) return low_;
        const auto free = disk_->free_bytes();
        low_ = !free || *free < free_min_bytes_;
        asked_ = true;
        asked_at_ = now;
        return low_;
    }

  private:
    const std::shared_ptr<const ports::Disk> disk_;
    const std::uint64_t free_min_bytes_;
    const std::chrono::microseconds interval_;
    std::mutex mutex_;
    bool asked_ = false;
    bool low_ = false;
    std::chrono::steady_clock::time_point asked_at_;
};

}  // namespace granary::rocks
