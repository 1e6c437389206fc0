// A file descriptor with the few calls that the log's own small files need, all failures as faults.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace granary::rocks {

// Move-only owner. Not thread-safe.
class PosixFile {
  public:
    PosixFile() = default;
    PosixFile(PosixFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
    PosixFile& operator=(PosixFile&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(path_, other.path_);
        return *this;
    }
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;
    ~PosixFile();

    // `flags` as for open(2). not_found when it does not exist.
    static Result<PosixFile> open(const std::string& path, int flags);

    Result<std::string> read_all() const;                                      // refuses files over 64 MiB
    Result<std::string> read_at(std::size_t offset, std::size_t bytes) const;  // fewer where the file ends
    Status write_at(std::size_t offset, std::string_view bytes);
    Status sync_data();  // fdatasync; must not be tried again after it failed
    // conflict: another process holds the lock. Held until the descriptor is closed.
    Status lock();

    const std::string& path() const { return path_; }

  private:
    PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

    int fd_ = -1;
    std::string path_;
};

// A new file at `path` with these bytes, durable with its name, whole or not at all.
Status write_file_atomically(const std::string& path, std::string_view bytes);

}  // namespace granary::rocks
