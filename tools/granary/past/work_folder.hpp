// A folder for views while somebody looks at them, gone afterwards.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "core/result.hpp"

namespace granary::cli {

class WorkFolder {
  public:
    // A new one, beside the file that is written, for that is where there is room; empty: where temporary files go.
    static Result<std::unique_ptr<WorkFolder>> make(const std::string& beside) {
        std::string path = (beside.empty() ? std::filesystem::temp_directory_path() / "granary" : std::filesystem::path(beside)).string() + ".views-XXXXXX";
        if (::mkdtemp(path.data()) == nullptr) return fault(FaultCode::io_error, "can't make a folder like " + path);
        return std::unique_ptr<WorkFolder>(new WorkFolder(std::move(path)));
    }
    ~WorkFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
    const std::string& path() const { return path_; }

  private:
    explicit WorkFolder(std::string path) : path_(std::move(path)) {}

    const std::string path_;
};

}  // namespace granary::cli
