// The newest records of every partition in memory: who reads at the tail, as everybody does while a server runs, never
// touches the disk. Also knows each partition's durable end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <shared_mutex>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "core/position.hpp"
#include "platform/ports/log.hpp"

namespace granary::rocks {

struct StoredRecord {
    Partition partition;
    SharedBytes bytes;
};

// Thread-safe. The oldest records leave when the bytes of all partitions together exceed the bound.
class TailCache {
  public:
    TailCache(const std::vector<Offset>& ends, std::size_t bytes_max);

    // Records that are durable now; each takes the next offset of its partition.
    void publish(std::span<const StoredRecord> records);

    Offset end(Partition partition) const;
    // Fills the page from `from` on (its `end` in any case). False when `from` is older than what is kept, or beyond the end.
    bool read(Partition partition, Offset from, std::size_t bytes_max, ports::LogPage& page) const;

  private:
    struct Tail {
        std::int64_t end = 0;
        std::deque<SharedBytes> records;  // the last one has offset end - 1
    };

    mutable std::shared_mutex mutex_;
    std::vector<Tail> tails_;
    std::deque<std::uint32_t> order_;  // partition of each kept record, oldest first
    std::size_t bytes_ = 0;
    const std::size_t bytes_max_;
};

}  // namespace granary::rocks
