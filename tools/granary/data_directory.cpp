// Files of a data directory that are not a database.
#include "tools/granary/data_directory.hpp"

#include <fstream>

#include "platform/adapters/system/durable_folder.hpp"

namespace granary::cli {

namespace fs = std::filesystem;

Status make_data_directory(const DataDirectory& data) {
    // All names that lead there: those above may be new, too, and whoever made them may have been cut off.
    for (fs::path at = fs::absolute(data.root).lexically_normal(); at != at.parent_path(); at = at.parent_path()) {
        if (auto made = make_durable_folder(at); !made) return made;
    }
    std::error_code error;
    fs::permissions(data.root, fs::perms::owner_all, error);
    if (error) return fault(FaultCode::io_error, "can't make the data directory " + data.root.string() + ": " + error.message());
    return {};
}

Status write_server_url(const DataDirectory& data, const std::string& url) {
    const std::string temporary = data.server_url() + ".new";
    std::ofstream out(temporary, std::ios::trunc);
    out << url << '\n';
    out.close();
    std::error_code error;
    if (out) fs::rename(temporary, data.server_url(), error);
    if (!out || error) return fault(FaultCode::io_error, "can't write " + data.server_url());
    return {};
}

void remove_server_url(const DataDirectory& data) {
    std::error_code ignored;
    fs::remove(data.server_url(), ignored);
}

std::optional<std::string> read_server_url(const DataDirectory& data) {
    std::ifstream in(data.server_url());
    std::string url;
    if (!std::getline(in, url) || url.empty()) return std::nullopt;
    return url;
}

}  // namespace granary::cli
