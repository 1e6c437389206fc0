// The embedded log: partitions in one RocksDB, fsync before acknowledgement, group commit, a high-water mark of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/limits.hpp"
#include "core/result.hpp"
#include "platform/adapters/rocksdb/log_probe.hpp"
#include "platform/ports/disk.hpp"
#include "platform/ports/log.hpp"

namespace granary::rocks {

struct LogOptions {
    std::string path;                                    // the log's own folder: DATA/log
    std::shared_ptr<const ports::Disk> disk;             // asked for free space; null: never asked
    std::uint64_t disk_free_min_bytes = limits::disk_free_min_bytes;
    Duration disk_check_interval = milliseconds(200);    // at most this often
    std::size_t queue_records_max = limits::log_queue_records_max;
    std::size_t queue_bytes_max = limits::log_queue_bytes_max;
    std::size_t tail_cache_bytes = std::size_t{64} << 20;
    std::size_t write_buffer_bytes = std::size_t{64} << 20;
    // Told why, just before the process ends because a write or sync failed. For logging; must not touch the log.
    std::function<void(std::string_view)> last_words;
    std::shared_ptr<LogProbe> probe;                     // tests only
};

// Makes an empty log; durable when it returns. conflict: there is one already; invalid_argument: nil id, or partitions not in
// 1..limits::partitions_max; corrupt: the folder holds records but no identity. With a place it is a copy, which is not live.
Status create_log(const LogOptions& options, const ports::LogIdentity& identity);

// From now on the copy in this folder is live: it is complete, compared, and its original sealed for it. Durable when it returns.
// To be called while nobody has it open. invalid_argument: it is no copy.
Status make_live(const std::string& path);

// Opens the log for this process alone. not_found: no log was made there; conflict: another process has it open; corrupt:
// files are damaged, or the log ends before its high-water mark: the message names partition, positions and remedy.
//
// The log ends the process, by abort(), when a write or sync of it fails: what the disk then holds is unknown, and only a
// restart reads it anew. Its destructor stores what is queued and delivers it.
Result<std::unique_ptr<ports::Log>> open_log(const LogOptions& options);

// Reads a log beside a process that has it open, or without one; follows what is appended. Appends are refused with
// unsupported, observers are never called. Leaves nothing behind in the log's folder.
Result<std::unique_ptr<ports::Log>> open_log_read_only(const std::string& path);

}  // namespace granary::rocks
