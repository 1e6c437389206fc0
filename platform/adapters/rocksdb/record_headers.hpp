// Headers of records in RocksDB's log format, which its MANIFEST and its logs of writes share; for this folder's sources only.
#pragma once

#include <cstdint>

#include "core/result.hpp"
#include "platform/adapters/rocksdb/posix_file.hpp"

namespace granary::rocks {

struct WalkedRecords {
    std::uint64_t end = 0;  // of the last whole record
    // What follows says that it is a record of a recycled file. None is ever recycled here, so it is damage, or the garbage of a loss of power.
    bool recycled = false;
};

// From `from` on, where a record ends. Says nothing of checksums: RocksDB does when it opens the store.
Result<WalkedRecords> walk_records(const PosixFile& file, std::uint64_t from);

}  // namespace granary::rocks
