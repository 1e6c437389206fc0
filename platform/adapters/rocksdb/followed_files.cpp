// Each file is read once, however often it is looked at.
#include "platform/adapters/rocksdb/followed_files.hpp"

#include <fcntl.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "platform/adapters/rocksdb/record_headers.hpp"

namespace granary::rocks {

Status FollowedFiles::look() {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("MANIFEST-") && !name.ends_with(".log")) continue;
        if (auto looked = look_at(name); !looked) return looked;
    }
    // A folder that can't be listed is for whoever opens it to tell of.
    return {};
}

Status FollowedFiles::look_at(const std::string& name) {
    const auto file = PosixFile::open(folder_ + "/" + name, O_RDONLY);
    if (!file && file.error().code == FaultCode::not_found) return {};  // the writer has just removed it
    if (!file) return std::unexpected(file.error());
    auto& seen = seen_[name];
    const auto walked = walk_records(*file, seen);
    if (!walked) return std::unexpected(walked.error());
    seen = walked->end;
    if (!walked->recycled) return {};
    return fault(FaultCode::corrupt, "the file " + file->path() + " is damaged behind byte " + std::to_string(seen) +
                                         ": no such record is ever written there. If the power failed, start the server, which cuts off a torn end; else restore the log from a copy");
}

}  // namespace granary::rocks
