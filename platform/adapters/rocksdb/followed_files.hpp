// What RocksDB would read for ever: looked for in the files of a log before it follows them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/result.hpp"

namespace granary::rocks {

// RocksDB 7.8 goes round in circles in whoever follows another process's files when the last record of a MANIFEST or of a log of writes says
// that the file was recycled; in the middle it takes such a record for the end. One changed bit says so. Not thread-safe.
class FollowedFiles {
  public:
    explicit FollowedFiles(std::string folder) : folder_(std::move(folder)) {}

    // Reads what has come since the last look. corrupt: a record says so.
    Status look();

  private:
    Status look_at(const std::string& name);

    std::string folder_;
    std::map<std::string, std::uint64_t> seen_;  // by file, up to where
};

}  // namespace granary::rocks
