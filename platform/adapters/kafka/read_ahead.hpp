// Older records that a fetch brought beyond what was asked for, kept for the pages after it.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <vector>

#include "core/position.hpp"
#include "platform/ports/log.hpp"

namespace granary::kafka {

// Of all partitions together. Views and saga runners that are behind read a few dozen partitions in turn, and each comes back for its own.
constexpr std::size_t read_ahead_bytes_max = std::size_t{32} * 1024 * 1024;

// Thread-safe. What was used longest ago goes first.
class ReadAhead {
  public:
    explicit ReadAhead(std::size_t bytes_max = read_ahead_bytes_max) : bytes_max_(bytes_max) {}

    // A page from `from` on: at least one record, about `bytes_max` bytes; empty when that record is not at hand. Who reads a
    // stretch to its end drops it.
    std::vector<ports::LogRecord> page(Partition partition, Offset from, std::size_t bytes_max);
    // Consecutive records of one partition, as the log holds them.
    void keep(Partition partition, std::vector<ports::LogRecord> stretch);

  private:
    struct Stretch {
        Partition partition;
        std::vector<ports::LogRecord> records;
        std::size_t bytes = 0;

        bool holds(Partition wanted, Offset offset) const { return partition == wanted && records.front().offset <= offset && offset <= records.back().offset; }
    };

    const std::size_t bytes_max_;
    std::mutex mutex_;
    std::list<Stretch> stretches_;  // the one used longest ago first
    std::size_t bytes_ = 0;
};

// The first records of a stretch, or of what lies behind its `begin`: at least one, about `bytes_max` bytes, and not more than a page holds.
std::vector<ports::LogRecord> page_of(const std::vector<ports::LogRecord>& stretch, std::size_t begin, std::size_t bytes_max);

}  // namespace granary::kafka
