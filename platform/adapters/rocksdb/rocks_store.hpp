// The store in RocksDB: one column family per table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "platform/ports/disk.hpp"
#include "platform/ports/store.hpp"

namespace granary::rocks {

// Memory that several stores share for what they have not flushed yet: when it is full, the one that writes flushes, unless it is at that
// already. So a burst that outruns the disk can end above the bound, by write_buffer_bytes for each table at most; the next writes mend that.
// Thread-safe; stores keep it alive.
class WriteBuffers {
  public:
    virtual ~WriteBuffers() = default;
    // Bytes in use, by all stores together.
    virtual std::size_t used() const = 0;
};
std::shared_ptr<WriteBuffers> share_write_buffers(std::size_t total_bytes);

struct StoreOptions {
    std::string path;                                   // made if missing
    std::size_t block_cache_bytes = 64UL * 1024 * 1024;
    std::size_t write_buffer_bytes = 16UL * 1024 * 1024;  // of each table
    std::size_t write_buffers_total_bytes = 96UL * 1024 * 1024;  // of all tables together, unless shared:
    std::shared_ptr<WriteBuffers> write_buffers;        // null: the store has its own
    std::shared_ptr<const ports::Disk> disk;            // asked for free space before each change; null: never asked
    std::uint64_t disk_free_min_bytes = 0;              // with less, changes are refused with disk_full and nothing is written
    // All that it holds can be made again from elsewhere: files that turn out to be damaged are removed, and it begins empty.
    bool derived = false;
    // Of a derived store; false: damage is told as a fault and left as it is, by the open and by each read. For who looks after it.
    bool mends = true;
    // Told why, when an open has removed damaged files.
    std::function<void(std::string_view)> begun_afresh;
    // Told why, just before the process ends because a write failed or files are damaged. For logging; must not touch the store.
    std::function<void(std::string_view)> last_words;
};

// corrupt: the files are damaged, or the list of them was cut, or what was acknowledged as durable is missing from one that is not derived; conflict: another process has the store open; io_error otherwise. For this process alone.
//
// The store ends the process, by abort(), when a write to its files fails: what they then hold is unknown, RocksDB itself
// aborts at the next write, and a restart reads what is there. A derived store ends it when a read, a write or a compaction finds
// damage, too: what else is wrong nobody knows, and the next open makes it afresh. Of any other, each read of the damaged part is corrupt.
Result<std::unique_ptr<ports::Store>> open_store(const StoreOptions& options);

// A read-only view of a store that another process may have open, as it was when this was called. Every change is refused
// with unsupported. not_found: there is no store at that path; none is made. unavailable: its files moved at each of several tries.
Result<std::unique_ptr<ports::Store>> open_store_read_only(const StoreOptions& options);

}  // namespace granary::rocks
