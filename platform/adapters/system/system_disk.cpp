// Asks statvfs for the space that an ordinary user may still take.
#include "platform/adapters/system/system_disk.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <system_error>

namespace granary {

Result<std::uint64_t> SystemDisk::free_bytes() const {
    struct statvfs volume {};
    int failed = 0;
    do {
        failed = statvfs(path_.c_str(), &volume);
    } while (failed != 0 && errno == EINTR);
    if (failed != 0) {
        const int error = errno;
        const auto code = error == ENOENT || error == ENOTDIR ? FaultCode::not_found : FaultCode::io_error;
        return fault(code, "can't tell the free space of " + path_ + ": " + std::generic_category().message(error));
    }
    return std::uint64_t{volume.f_bavail} * std::uint64_t{volume.f_frsize};
}

}  // namespace granary
