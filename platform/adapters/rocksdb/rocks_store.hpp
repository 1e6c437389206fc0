// The store in RocksDB: one column family per table.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "platform/ports/store.hpp"

namespace granary::rocks {

struct StoreOptions {
    std::string path;                                   // made if missing
    std::size_t block_cache_bytes = 64UL * 1024 * 1024;
    std::size_t write_buffer_bytes = 16UL * 1024 * 1024;  // of each table
    std::size_t write_buffers_total_bytes = 96UL * 1024 * 1024;  // of all tables together
};

// corrupt: the files are damaged; conflict: another process has the store open; io_error otherwise. For this process alone.
Result<std::unique_ptr<ports::Store>> open_store(const StoreOptions& options);

// A read-only view of a store that another process may have open, as it was when this was called. Every change is refused
// with unsupported. not_found: there is no store at that path; none is made.
Result<std::unique_ptr<ports::Store>> open_store_read_only(const StoreOptions& options);

}  // namespace granary::rocks
