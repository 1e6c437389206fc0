// The RocksDB under the embedded log: key layout, settings, and the three ways of opening it. Seen only inside this folder.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/adapters/rocksdb/followed_files.hpp"
#include "platform/adapters/rocksdb/high_water_mark.hpp"

namespace rocksdb {
class WriteBatch;
}

namespace granary::rocks {

// Key: partition (4 bytes, big-endian) and offset (8 bytes, big-endian); value: the record. Offsets of a partition are dense.
std::string log_key(Partition partition, Offset offset);

// Thread-safe, but for catch_up and write: one thread at a time.
class LogDatabase {
  public:
    enum class Mode {
        writer,     // recovers what is there, and makes what is missing
        inspector,  // reads what is there once, changes nothing
        follower,   // beside a writer; `catch_up` shows more
    };

    static Result<std::unique_ptr<LogDatabase>> open(const LogOptions& options, Uuid log_id, Mode mode);
    ~LogDatabase();
    LogDatabase(const LogDatabase&) = delete;
    LogDatabase& operator=(const LogDatabase&) = delete;

    // One past the last record.
    Result<Offset> end(Partition partition) const;
    // Records of [from, end), at least one, about `bytes_max` bytes. corrupt: a record of that range is missing or damaged.
    Result<std::vector<ports::LogRecord>> read(Partition partition, Offset from, Offset end, std::size_t bytes_max) const;
    // The same, shown one by one: ports::Log::visit.
    Result<Offset> visit(Partition partition, Offset from, Offset end, std::size_t bytes_max, const ports::LogVisitor& visit) const;
    // End and hash of the last record of every partition.
    Result<Marks> marks(std::uint32_t partitions) const;
    bool is_empty() const;

    // Synced when it returns; a fault leaves unknown what is on disk.
    Status write(rocksdb::WriteBatch& batch);
    Status catch_up();
    // Moves what is in memory into table files, so that the next start reads no write-ahead log.
    void flush();

  private:
    struct Walked {
        Offset next;
        std::string damage;  // why it ended early; empty when it did not
    };

    explicit LogDatabase(Uuid log_id) : log_id_(log_id) {}
    // Shows the records of [from, end) until the visitor has enough.
    Walked walk(Partition partition, Offset from, Offset end, const rocksdb::ReadOptions& how, const ports::LogVisitor& visit) const;
    Result<std::vector<ports::LogRecord>> salvage(Partition partition, Offset from, Offset end, std::size_t bytes_max, const std::string& damage) const;

    const Uuid log_id_;
    std::unique_ptr<rocksdb::Env> env_;
    std::string own_folder_;  // a follower's
    std::optional<FollowedFiles> followed_;
    std::unique_ptr<rocksdb::DB> db_;
};

// Whether a record that can't be read is a reason to refuse the log, or is left for a reader to run into and name.
enum class DamagedRecords { refuse, pass };

// corrupt unless the log holds every record that the marks say was acknowledged.
Status check_against_marks(const LogDatabase& database, const std::string& path, const Marks& marks, DamagedRecords damaged_records);

}  // namespace granary::rocks
