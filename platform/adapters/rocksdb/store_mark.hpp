// The file beside a store's own that remembers how far its acknowledged changes went: a byte that changes in RocksDB's log of writes, or
// in its list of files, ends their recovery there, as a torn end does, and nobody would miss what was written behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "core/result.hpp"
#include "platform/adapters/rocksdb/manifest_extent.hpp"
#include "platform/adapters/rocksdb/posix_file.hpp"

namespace granary::rocks {

// What was durable in a store when it was acknowledged, all zero when nothing is known: the store is new, or its mark was removed.
struct StoreClaim {
    std::uint64_t sequence = 0;  // of the last change; of a derived store always 0, since it may lose its newest changes
    ManifestExtent manifest;     // tables, and the files of rows
};

// Two slots are written in turn, each with its own SHA-256, so a torn write leaves the other one. The file is not synced: it may fall
// behind what is durable when the power fails, never run ahead of it, and survives the death of the process. Thread-safe.
class StoreMark {
  public:
    // corrupt: there is a file, and neither slot is whole.
    static Result<StoreClaim> read(const std::string& store_path);
    // Makes the file if it is missing. To be called by who has the store open for writing, so that there is one at a time.
    static Result<std::unique_ptr<StoreMark>> open(const std::string& store_path);

    // A file that can't be written any more is left as it is, and notices less.
    void raise(std::uint64_t sequence);
    // Looks at the store's MANIFEST as it is now, and syncs it. After one that can't be read or synced no more is noted.
    void note_manifest();

  private:
    StoreMark(std::string store_path, PosixFile file, std::uint64_t turn, const StoreClaim& found)
        : store_path_(std::move(store_path)), manifest_(found.manifest), file_(std::move(file)), turn_(turn), claim_(found) {}
    void write_locked();

    const std::string store_path_;
    std::mutex manifest_mutex_;  // held while the MANIFEST is synced, which changes of rows don't wait for; before the other
    ManifestExtent manifest_;
    bool manifest_failed_ = false;
    std::mutex mutex_;
    PosixFile file_;
    std::uint64_t turn_;
    StoreClaim claim_;
    bool failed_ = false;
};

}  // namespace granary::rocks
