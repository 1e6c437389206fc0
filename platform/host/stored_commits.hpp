// Commits by position, read from a log.
#pragma once

#include <cstddef>

#include "platform/ports/commits.hpp"
#include "platform/ports/log.hpp"

namespace granary {

// Thread-safe, as its log is.
class StoredCommits final : public ports::Commits {
  public:
    // The log outlives this. What lies within `read_bytes` behind a commit comes with it.
    explicit StoredCommits(ports::Log& log, std::size_t read_bytes = std::size_t{64} * 1024) : log_(log), read_bytes_(read_bytes) {}

    Result<std::vector<Commit>> at(Partition partition, std::span<const Offset> offsets) override;

  private:
    ports::Log& log_;
    const std::size_t read_bytes_;
};

}  // namespace granary
