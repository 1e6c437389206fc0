// POSIX calls, restarted after signals.
#include "platform/adapters/rocksdb/posix_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "core/mutants.hpp"

namespace granary::rocks {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{64} << 20;

std::unexpected<Fault> failed(const std::string& doing, const std::string& path) {
    const int error = errno;
    const auto code = error == ENOENT ? FaultCode::not_found : error == ENOSPC ? FaultCode::disk_full : FaultCode::io_error;
    return fault(code, "can't " + doing + " " + path + ": " + std::generic_category().message(error));
}

template <class Call>
auto restarted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

}  // namespace

PosixFile::~PosixFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<PosixFile> PosixFile::open(const std::string& path, int flags) {
    const int fd = restarted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0600); });
    if (fd < 0) return failed("open", path);
    return PosixFile(fd, path);
}

Result<std::string> PosixFile::read_all() const {
    struct stat about {};
    if (::fstat(fd_, &about) != 0) return failed("look at", path_);
    if (static_cast<std::size_t>(about.st_size) > file_bytes_max) return fault(FaultCode::corrupt, path_ + " is far larger than it can be");
    return read_at(0, static_cast<std::size_t>(about.st_size));
}

Result<std::string> PosixFile::read_at(std::size_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto got = restarted([&] { return ::pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done)); });
        if (got < 0) return failed("read", path_);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
}

Status PosixFile::write_at(std::size_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = restarted([&] { return ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
        if (written < 0) return failed("write", path_);
        offset += static_cast<std::size_t>(written);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Status PosixFile::sync_data() {
    if (::fdatasync(fd_) != 0) return failed("sync", path_);
    return {};
}

Status PosixFile::lock() {
    if (restarted([&] { return ::flock(fd_, LOCK_EX | LOCK_NB); }) == 0) return {};
    if (errno == EWOULDBLOCK) return fault(FaultCode::conflict, "another process has " + path_ + " open; stop it first");
    return failed("lock", path_);
}

Status write_file_atomically(const std::string& path, std::string_view bytes) {
    const std::string temporary = path + ".new";
    auto file = PosixFile::open(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return std::unexpected(std::move(file.error()));
    if (auto written = file->write_at(0, bytes); !written) return written;
    if (auto synced = GRANARY_MUTANT(file_sync_skipped) ? Status() : file->sync_data(); !synced) return synced;
    if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("rename", temporary);
    auto folder = PosixFile::open(std::filesystem::path(path).parent_path().string(), O_RDONLY | O_DIRECTORY);
    if (!folder) return std::unexpected(folder.error());
    // A folder's new entry is not durable before the folder itself is synced.
    return GRANARY_MUTANT(folder_sync_skipped) ? Status() : folder->sync_data();
}

}  // namespace granary::rocks
