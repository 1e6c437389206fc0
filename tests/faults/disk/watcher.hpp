// What stands behind the calls: which folder is watched, what the plan wants at this call, and the model of the disk.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tests/faults/disk/disk.hpp"
#include "tests/faults/disk/watch.hpp"

namespace granary::faults {

// One per process, made at the first call and never destroyed: calls come before main and after it. Thread-safe; a call that changes
// something holds its turn from its decision to its effect, so the order of calls is the order of effects.
class Watcher {
  public:
    using Turn = std::unique_lock<std::recursive_mutex>;
    static Watcher& instance();

    void begin(const std::string& folder, Watching watching);
    void end();
    Plan& plan() { return *plan_; }
    bool durability() const { return durability_; }
    Turn take_turn() { return Turn(mutex_); }

    // The path relative to the watched folder; nothing when it is not below it.
    std::optional<std::string> inside(const char* path);
    std::optional<std::string> inside(int folder, const char* path);
    std::string full(const std::string& path) const { return folder_ + "/" + path; }
    // Of a descriptor of a watched file or folder, or of a file alone.
    std::optional<std::string> path_of(int descriptor);
    std::optional<std::string> file_of(int descriptor);
    bool is_folder(int descriptor);

    // What the plan wants in front of the call, and behind it. Not 0: the call fails with this error.
    int before(Call kind, const std::string& path);
    void after(Call kind, const std::string& path);
    void lose_power();
    void process_ends();

    void opened(const std::string& path, int descriptor, bool is_new);
    void closed(int descriptor);
    void to_stdio(int descriptor, bool writes);
    void through_stdio(const std::string& path);
    void before_write(int descriptor, std::uint64_t offset);
    void wrote(int descriptor, std::uint64_t offset, std::uint64_t count);
    void before_truncate(const std::string& path);
    void before_truncate(int descriptor);
    void truncated(int descriptor);
    void synced(int descriptor, const std::string& path);
    void made_folder(const std::string& path);
    void renamed(const std::string& from, const std::string& to);
    void linked(const std::string& from, const std::string& to);
    void removed(const std::string& path);

  private:
    Watcher();
    bool is_due(Call kind, const std::string& path);
    int act();
    bool follows() const { return disk_ != nullptr && plan_->lost == 0; }

    std::recursive_mutex mutex_;
    std::string folder_;  // empty: nothing is watched
    bool durability_ = false;
    bool due_ = false;    // the call in hand is one to act at
    std::unordered_map<int, std::pair<std::string, bool>> descriptors_;  // of watched files (false) and folders (true)
    std::unique_ptr<Disk> disk_;  // null unless durability is watched
    Plan own_plan_;
    Plan* plan_ = &own_plan_;     // or the mapped file
};

}  // namespace granary::faults
