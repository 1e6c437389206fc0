// The file beside a store's own that remembers how far its acknowledged changes went: a byte that changes in RocksDB's log of writes ends
// its recovery there, as a torn end does, and nobody would miss what was written behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "platform/adapters/rocksdb/posix_file.hpp"

namespace granary::rocks {

// Holds the sequence number of the last change that was durable when it was acknowledged. Two slots are written in turn, each with its own
// SHA-256, so a torn write leaves the other one. It is not synced: it may fall behind what is durable when the power fails, never run
// ahead of it, and survives the death of the process. Thread-safe.
class StoreMark {
  public:
    // nullopt: there is none, the store is new or from before there were marks. corrupt: neither slot is whole.
    static Result<std::optional<std::uint64_t>> read(const std::string& store_path);
    // Of a store that holds `sequence` durably; makes the file if it is missing.
    static Result<std::unique_ptr<StoreMark>> open(const std::string& store_path, std::uint64_t sequence);

    // A file that can't be written any more is left as it is, and notices less.
    void raise(std::uint64_t sequence);

  private:
    StoreMark(PosixFile file, std::uint64_t turn) : file_(std::move(file)), turn_(turn) {}

    std::mutex mutex_;
    PosixFile file_;
    std::uint64_t turn_;
    std::uint64_t sequence_ = 0;
    bool failed_ = false;
};

}  // namespace granary::rocks
