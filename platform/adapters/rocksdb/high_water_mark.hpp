// The file that remembers how far the log was when the last group was acknowledged, so that a log which lost its end is noticed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "platform/adapters/rocksdb/log_probe.hpp"
#include "platform/adapters/rocksdb/posix_file.hpp"
#include "platform/ports/log.hpp"

namespace granary::rocks {

// Of one partition: one past its last acknowledged record, and that record's SHA-256 (zero when there is none).
struct Mark {
    Offset end{0};
    Digest head;
};
using Marks = std::vector<Mark>;  // indexed by partition

// Two slots of equal size are written in turn, each with a sequence number and its own SHA-256: a torn write leaves the
// other, which covers everything acknowledged before. Not thread-safe.
class HighWaterMark {
  public:
    static std::string path_in(const std::string& log_path);
    // A new file for an empty log; durable when it returns.
    static Status create(const std::string& log_path, const ports::LogIdentity& identity);
    // The newest whole slot. corrupt: neither slot is whole, or it belongs to another log.
    static Result<Marks> read(const std::string& log_path, const ports::LogIdentity& identity);
    static Result<HighWaterMark> open(const std::string& log_path, const ports::LogIdentity& identity, std::shared_ptr<LogProbe> probe);

    const Marks& marks() const { return marks_; }
    // Durable when it returns. After a fault the file must not be written again.
    Status write(const Marks& marks);

  private:
    HighWaterMark(PosixFile file, ports::LogIdentity identity, Marks marks, std::uint64_t sequence, std::shared_ptr<LogProbe> probe)
        : file_(std::move(file)), identity_(identity), marks_(std::move(marks)), sequence_(sequence), probe_(std::move(probe)) {}

    PosixFile file_;
    ports::LogIdentity identity_;
    Marks marks_;
    std::uint64_t sequence_;
    std::shared_ptr<LogProbe> probe_;
};

}  // namespace granary::rocks
