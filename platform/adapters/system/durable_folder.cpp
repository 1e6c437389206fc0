// mkdir, and an fsync of the folder above.
#include "platform/adapters/system/durable_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "core/mutants.hpp"

namespace granary {
namespace {

namespace fs = std::filesystem;

std::unexpected<Fault> failed(const std::string& doing, const fs::path& path, int error) {
    return fault(error == ENOSPC ? FaultCode::disk_full : FaultCode::io_error, "can't " + doing + " the folder " + path.string() + ": " + std::generic_category().message(error));
}

// A folder that others made and that we may only pass through keeps its names without us.
Status sync_names(const fs::path& folder, bool is_ours) {
    const int open = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (open < 0) return errno == EACCES && !is_ours ? Status() : failed("open", folder, errno);
    const int error = GRANARY_MUTANT(parent_sync_skipped) || ::fsync(open) == 0 ? 0 : errno;
    ::close(open);
    // Some file systems can't sync folders, and need not.
    return error == 0 || error == EINVAL ? Status() : failed("sync", folder, error);
}

Status make(const fs::path& path, unsigned mode) {
    const fs::path parent = path.parent_path();
    if (parent == path) return {};
    std::error_code ignored;
    if (!fs::exists(parent, ignored)) {
        if (auto made = make(parent, 0777); !made) return made;
    }
    const bool made = ::mkdir(path.c_str(), mode) == 0;
    if (!made && (errno != EEXIST || !fs::is_directory(path, ignored))) return failed("make", path, errno);
    return sync_names(parent, made);
}

}  // namespace

Status make_durable_folder(const fs::path& path, unsigned mode) {
    std::error_code error;
    fs::path whole = fs::absolute(path, error).lexically_normal();
    if (error) return failed("find", path, error.value());
    if (!whole.has_filename()) whole = whole.parent_path();  // it ended with a slash
    return make(whole, mode);
}

}  // namespace granary
