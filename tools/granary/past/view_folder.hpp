// A folder with views of one moment: what `granary projection build` and `snapshot` leave, reports and exports read, and other
// builds begin from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/store.hpp"
#include "projections/runtime/single_view.hpp"
#include "tools/granary/past/as_of.hpp"

namespace granary::cli {

// FOLDER/store       the views, each as VIEW@1 (projections/runtime/single_view.hpp)
// FOLDER/about.json  written last: without it the folder is not whole
struct ViewFolderAbout {
    std::string log;  // its id, 32 hex digits
    std::uint32_t partitions = 0;
    PositionVector positions;  // what the views answer for
    std::optional<Time> known_by;  // of views that were built as of a time: they hold all that the log knew by then
    std::vector<std::string> views;
};

// Read-only, and whole. Not thread-safe.
class ViewFolder {
  public:
    // not_found: there is no such folder, or it is not whole; corrupt: what it says about itself can't be read.
    static Result<ViewFolder> open(const std::string& path);

    const ViewFolderAbout& about() const { return about_; }
    const ports::Store& store() const { return *store_; }

  private:
    ViewFolder(ViewFolderAbout about, std::unique_ptr<ports::Store> store) : about_(std::move(about)), store_(std::move(store)) {}

    ViewFolderAbout about_;
    std::unique_ptr<ports::Store> store_;
};

// A folder while it is filled: beside where it will be, and gone again unless it is finished.
class NewViewFolder {
  public:
    // conflict: something is there already; what an earlier try left beside it is removed.
    static Result<std::unique_ptr<NewViewFolder>> make(const std::string& path);
    ~NewViewFolder();
    NewViewFolder(const NewViewFolder&) = delete;
    NewViewFolder& operator=(const NewViewFolder&) = delete;

    ports::Store& store() { return *store_; }
    // From now on it is there, whole, under its name.
    Status finish(const ViewFolderAbout& about);

  private:
    NewViewFolder(std::filesystem::path path, std::filesystem::path work) : path_(std::move(path)), work_(std::move(work)) {}

    std::filesystem::path path_;
    std::filesystem::path work_;
    std::unique_ptr<ports::Store> store_;
};

struct NearestSnapshot {
    std::string path;
    projections::StoredView view;
};
// Of the folders below `snapshots`, the one that holds this view, of this log and of this build's version, at or before the moment in every
// partition, and of those the newest. nullopt: none does. What can't be read is passed over: it would only have saved time.
std::optional<NearestSnapshot> nearest_snapshot(const std::string& snapshots, const ports::LogIdentity& log, std::string_view view, const AsOf& as_of);

}  // namespace granary::cli
