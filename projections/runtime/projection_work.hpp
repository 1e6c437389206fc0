// Long work on views for people who ask over a network: begun at once, done on a thread of its own, looked at in between.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "projections/runtime/projection_admin.hpp"

namespace granary::projections {

enum class WorkKind { rebuild, verify, promote, discard, upgrade };

std::string_view name_of(WorkKind kind);

// JSON as the admin API and the command line show it.
std::string json_of(const std::vector<ViewEntry>& entries);
std::string json_of(const ViewEntry& entry);
std::string json_of(std::size_t discarded);
std::string json_of(const RebuildReport& report);
std::string json_of(const VerifyReport& report);
std::string json_of(const UpgradeReport& report);

struct WorkWish {
    WorkKind kind = WorkKind::rebuild;
    std::optional<std::uint64_t> generation;  // of promote and discard: see ProjectionAdmin
    std::size_t threads = 0;                  // of rebuild and verify; 0: half of the processors, since the node has other work
    std::uint64_t records_per_second = 0;     // likewise: RebuildOptions
    bool unverified = false;                  // of promote: see ProjectionAdmin
};

// Thread-safe. One piece of work at a time, on a thread that gives way to everything else; the last one of each view is
// remembered until the process ends.
class ProjectionWork {
  public:
    // The admin outlives it.
    explicit ProjectionWork(ProjectionAdmin& admin) : admin_(admin) {}
    // Interrupts what runs, and waits for it.
    ~ProjectionWork();
    ProjectionWork(const ProjectionWork&) = delete;
    ProjectionWork& operator=(const ProjectionWork&) = delete;

    // An array: every generation of every view.
    Result<std::string> list_json();
    // {"view", "generations": [...], "work": {"number", "action", "status": running|done|failed|cancelled, "done", "total",
    // "elapsed_seconds", "per_second", "seconds_left", "result", "error"}}; no "work" before there was some, and no
    // "seconds_left" where nobody can tell. nullopt: no such view.
    Result<std::optional<std::string>> view_json(std::string_view view);
    // Begins and answers at once. conflict: some work is under way; not_found: no such view.
    Status begin(std::string_view view, const WorkWish& wish);
    // Asks the work on this view to stop, and answers at once. A rebuild that was cancelled goes on where it stopped when it is
    // begun again, unless its generation is discarded. conflict: there is none under way; not_found: no such view.
    Status cancel(std::string_view view);
    // Begins to bring all views of another version to this build's, one after the other; nothing happens when there are none.
    // What fails for a passing reason is tried again, limits::upgrade_attempts_max times; what is left is for an operator, or
    // the next start. conflict: some work is under way.
    Status upgrade();
    // Interrupts what runs and waits for it; nothing begins any more. timed_out: it still runs.
    Status end(Duration deadline);

  private:
    struct Work {
        std::uint64_t number = 0;
        std::string view;
        WorkWish wish;
        RebuildProgress progress;
        bool running = true;
        bool cancelled = false;
        std::optional<Fault> failure;
        std::string result;  // JSON
    };

    Status occupy();
    std::uint64_t enter(std::string_view view, const WorkWish& wish);
    void settle(std::uint64_t number, Result<std::string> outcome);
    Result<std::string> perform(const std::stop_token& stop, std::string_view view, const WorkWish& wish, std::uint64_t number);
    Result<std::string> upgrade_one(const std::stop_token& stop, std::string_view view, const RebuildOptions& options);
    void upgrade_all(const std::stop_token& stop, const std::vector<Work>& all);
    static std::string work_json(const Work& work);

    ProjectionAdmin& admin_;
    std::mutex mutex_;
    std::vector<Work> last_;  // one per view at most
    std::condition_variable_any asked_to_stop_;
    std::condition_variable work_ended_;
    std::uint64_t begun_ = 0;
    bool running_ = false;
    bool ended_ = false;
    std::jthread thread_;
};

}  // namespace granary::projections
