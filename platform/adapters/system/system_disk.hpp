// Free space of a mounted volume behind ports::Disk.
#pragma once

#include <string>

#include "platform/ports/disk.hpp"

namespace granary {

// Thread-safe. `path` is any existing file or folder on the volume; it is looked up anew each time.
class SystemDisk final : public ports::Disk {
  public:
    explicit SystemDisk(std::string path) : path_(std::move(path)) {}

    // not_found: the path is gone; io_error: the system refused to say.
    Result<std::uint64_t> free_bytes() const override;

  private:
    std::string path_;
};

}  // namespace granary
