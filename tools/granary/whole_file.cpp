// POSIX calls, for a stream says neither why it failed nor whether a disk has the bytes.
#include "tools/granary/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace granary::cli {
namespace {

class Descriptor {
  public:
    Descriptor(const std::string& path, int flags, unsigned mode = 0) : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }

  private:
    int fd_;
};

std::unexpected<Fault> failed(const char* what, const std::string& path) {
    const FaultCode code = errno == ENOENT ? FaultCode::not_found : errno == EEXIST ? FaultCode::conflict : errno == ENOSPC ? FaultCode::disk_full : FaultCode::io_error;
    return fault(code, std::string("can't ") + what + " " + path + ": " + std::strerror(errno));
}

Status write_and_sync(int fd, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed("write", path);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(fd) != 0) return failed("sync", path);
    return {};
}

Status sync_folder_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    const Descriptor open(folder, O_RDONLY | O_DIRECTORY);
    if (!open.is_open() || ::fsync(open.get()) != 0) return failed("sync the folder", folder);
    return {};
}

Status rename_durably(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) return failed("replace", to);
    return sync_folder_of(to);
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max) {
    const Descriptor file(path, O_RDONLY);
    if (!file.is_open()) return failed("read", path);
    std::string bytes;
    std::string block(64 * 1024, '\0');
    while (bytes.size() <= bytes_max) {
        const auto got = ::read(file.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", path);
        if (got == 0) return bytes;
        bytes.append(block.data(), static_cast<std::size_t>(got));
    }
    return fault(FaultCode::corrupt, path + " is larger than " + std::to_string(bytes_max) + " bytes");
}

Status write_new_file(const std::string& path, std::string_view bytes, unsigned mode) {
    const std::string fresh = path + ".new";
    (void)::unlink(fresh.c_str());
    {
        const Descriptor file(fresh, O_WRONLY | O_CREAT | O_EXCL, mode);
        if (!file.is_open()) return failed("make", fresh);
        if (auto written = write_and_sync(file.get(), bytes, fresh); !written) return written;
    }
    const bool linked = ::link(fresh.c_str(), path.c_str()) == 0;
    Status outcome;
    if (!linked) outcome = failed("make", path);
    (void)::unlink(fresh.c_str());
    return linked ? sync_folder_of(path) : outcome;
}

Status write_whole_file(const std::string& path, std::string_view bytes, unsigned mode) {
    const std::string fresh = path + ".new";
    {
        const Descriptor file(fresh, O_WRONLY | O_CREAT | O_TRUNC, mode);
        if (!file.is_open()) return failed("make", fresh);
        if (auto written = write_and_sync(file.get(), bytes, fresh); !written) return written;
    }
    return rename_durably(fresh, path);
}

Status put_in_place(const std::string& written, const std::string& path) {
    {
        const Descriptor file(written, O_RDONLY);
        if (!file.is_open() || ::fsync(file.get()) != 0) return failed("sync", written);
    }
    return rename_durably(written, path);
}

}  // namespace granary::cli
