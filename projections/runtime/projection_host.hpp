// Runs the views of a node: one thread that folds the log as it grows, tells readers how far it is, and lets operators
// rebuild, compare and promote while it runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/freshness.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/store.hpp"
#include "platform/ports/view_directory.hpp"
#include "projections/runtime/projector.hpp"
#include "projections/views/table.hpp"

namespace granary::projections {

class FoldLoop;
class ProjectionAdmin;
class ProjectionWork;

struct ProjectionHostOptions {
    ports::Log& log;
    ports::Store& store;  // of the views alone
    ports::Clock& clock;
    ProjectorLimits limits = {};
    std::size_t waiters_max = limits::freshness_waiters_max;
    // Told of each claim that is folded, on the folding thread; must return at once. May be empty.
    std::function<void(Position, const envelope::ClaimT&)> claim_seen = {};
    // Told at the start that views were damaged and are made afresh from the log. May be empty.
    std::function<void(std::string_view why)> begun_afresh = {};
    bool by_hand = false;  // no thread: nothing is folded but in `turn`, and no view is upgraded
    views::Table views = views::all;
};

struct ProjectionStatus {
    std::uint64_t records = 0;  // folded since the start
    std::uint64_t events = 0;
    std::uint64_t batches = 0;
    std::uint64_t lag_records = 0;  // known and not folded by the slowest live view
    Duration lag;                   // ViewAge::age
    std::size_t waiting = 0;        // requests
    std::vector<HaltedPart> halted;
    std::vector<std::string> outdated;  // views of another version than this build's, or missing
    std::optional<Fault> last_fault;  // of the running retry; nothing when the last step went well
};

// Thread-safe. The log, the store, the clock and the views outlive the host.
class ProjectionHost final : public ports::Freshness {
  public:
    // Opens the views (those of a new store start from the log's beginning), starts to fold, and begins to upgrade views that
    // another version has left (docs/decisions/0085). corrupt: the store's own notes can't be
    // read. Damage of the log or of rows halts what it touches and shows in `status`.
    static Result<std::unique_ptr<ProjectionHost>> start(ProjectionHostOptions options);
    ~ProjectionHost() override;

    // By hand only: one turn, without waiting; `look`: also where nobody said that the log grew. True: it can fold more at once.
    bool turn(bool look);

    // Ends the thread after the batch in hand; who waits is told false. timed_out: it still runs.
    Status stop(Duration deadline);

    ports::ViewAge age() const override;
    Offset folded(Partition partition) const override;
    Result<Offset> known_end(Partition partition) const override;
    void wait_for(std::vector<Position> positions, Duration deadline, std::function<void(bool)> ready) override;

    const ports::ViewDirectory& views() const;
    ProjectionAdmin& admin();
    ProjectionWork& work();
    ProjectionStatus status() const;
    // Some view has no live table yet.
    bool is_missing_any() const;

  private:
    explicit ProjectionHost(std::unique_ptr<FoldLoop> loop);

    std::unique_ptr<FoldLoop> loop_;
    std::unique_ptr<ProjectionAdmin> admin_;
    std::unique_ptr<ProjectionWork> work_;
};

}  // namespace granary::projections
