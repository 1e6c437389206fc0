// What this node holds right now, for all who act on it: the routing of commands, and the sagas that run beside their owner.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "core/position.hpp"

namespace granary {

enum class Hold : std::uint8_t {
    away,    // somebody else's, or nobody's
    taking,  // being claimed, or being let go: commands may be given to it, and are answered soon
    owned,
};

// Thread-safe. Must outlive who sets it and who listens.
class HeldPartitions {
  public:
    using Listener = std::function<void(Partition, bool owned)>;

    explicit HeldPartitions(std::uint32_t partitions) : holds_(partitions) {}

    Hold hold(Partition partition) const {
        return partition.number < holds_.size() ? holds_[partition.number].load(std::memory_order_acquire) : Hold::away;
    }

    // One caller at a time for one partition.
    void set(Partition partition, Hold hold) {
        const Hold before = holds_[partition.number].exchange(hold, std::memory_order_acq_rel);
        if ((before == Hold::owned) == (hold == Hold::owned)) return;
        const std::scoped_lock lock(mutex_);
        if (listener_) listener_(partition, this->hold(partition) == Hold::owned);
    }

    // Told of all that is owned now, then of every change; it must return at once and must not call back.
    void listen(Listener listener) {
        const std::scoped_lock lock(mutex_);
        listener_ = std::move(listener);
        for (std::uint32_t i = 0; i < holds_.size(); ++i) {
            if (hold({i}) == Hold::owned) listener_({i}, true);
        }
    }
    // Returns after the last running call.
    void stop_listening() {
        const std::scoped_lock lock(mutex_);
        listener_ = nullptr;
    }

  private:
    std::vector<std::atomic<Hold>> holds_;
    std::mutex mutex_;
    Listener listener_;
};

}  // namespace granary
