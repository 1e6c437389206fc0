// A folder for views while somebody looks at them, gone afterwards.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace granary::cli {

class WorkFolder {
  public:
    // Beside the file that is written, for that is where there is room; empty: where temporary files go.
    explicit WorkFolder(const std::string& beside)
        : path_((beside.empty() ? std::filesystem::temp_directory_path() / "granary" : std::filesystem::path(beside)).string() + ".views-" + std::to_string(::getpid())) {}
    ~WorkFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
    const std::string& path() const { return path_; }

  private:
    const std::string path_;
};

}  // namespace granary::cli
