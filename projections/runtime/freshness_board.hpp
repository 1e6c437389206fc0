// How far the live views have folded, for every thread to read, and who waits for more.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "core/limits.hpp"
#include "core/position.hpp"
#include "core/time.hpp"

namespace granary::projections {

// Thread-safe. Owns no thread and no clock: whoever runs it says how late it is, in monotonic time. Callbacks run on the
// thread that makes them ready, outside of any lock.
class FreshnessBoard {
  public:
    using Ready = std::function<void(bool)>;

    explicit FreshnessBoard(std::uint32_t partitions, std::size_t waiters_max = limits::freshness_waiters_max);

    Offset folded(Partition partition) const;
    PositionVector folded() const;
    // Sets where partitions stand, then tells who waited for it: one look at who waits, however many partitions moved.
    void advance(const std::vector<Position>& folded);
    // ready(true) at once if all is folded; ready(false) at once if too many wait or a position is in no partition.
    // True when `expire` is due earlier than it was before.
    bool wait_for(std::vector<Position> positions, Duration until, Ready ready);
    // Tells who waited for too long: ready(false).
    void expire(Duration now);
    // Nobody waits any longer, now or later: ready(false).
    void close();
    // When `expire` is due next.
    std::optional<Duration> next_deadline() const;
    std::size_t waiting() const;

  private:
    struct Waiter {
        std::vector<Position> positions;
        Duration until;
        Ready ready;
    };

    bool is_folded(const std::vector<Position>& positions) const;
    bool exist(const std::vector<Position>& positions) const;

    std::vector<std::atomic<std::int64_t>> folded_;
    const std::size_t waiters_max_;
    mutable std::mutex mutex_;
    bool closed_ = false;
    std::vector<Waiter> waiters_;
};

}  // namespace granary::projections
