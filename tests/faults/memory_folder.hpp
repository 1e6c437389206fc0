// A folder of its own for files that live shortly: in memory where there is room, since a faulty disk says itself what is durable.
#pragma once

#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/check.hpp"

namespace granary::faults {

class MemoryFolder {
  public:
    MemoryFolder() {
        constexpr std::uint64_t bytes_min = std::uint64_t{512} << 20;
        const char* memory = "/dev/shm";
        struct statvfs about {};
        const bool room = ::statvfs(memory, &about) == 0 && about.f_bavail * about.f_frsize >= bytes_min && ::access(memory, W_OK) == 0;
        std::string pattern = (room ? std::string(memory) : std::filesystem::temp_directory_path().string()) + "/granary-faults-XXXXXX";
        GRANARY_CHECK(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~MemoryFolder() {
        std::error_code ignored;
        if (!kept_) std::filesystem::remove_all(path_, ignored);
    }
    MemoryFolder(const MemoryFolder&) = delete;
    MemoryFolder& operator=(const MemoryFolder&) = delete;

    const std::string& path() const { return path_; }
    std::string at(const std::string& name) const { return path_ + "/" + name; }
    // It stays there, for somebody to look at.
    void keep() { kept_ = true; }

  private:
    std::string path_;
    bool kept_ = false;
};

}  // namespace granary::faults
