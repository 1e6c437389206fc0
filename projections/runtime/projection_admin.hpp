// What operators and analysts do with views: list, rebuild, compare, promote, discard. The same code works inside a server,
// beside the views that it serves, and on a data directory that nobody serves.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/ports/clock.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/store.hpp"
#include "projections/runtime/compare.hpp"
#include "projections/runtime/fold_control.hpp"
#include "projections/runtime/rebuild.hpp"
#include "projections/runtime/view_registry.hpp"

namespace granary::projections {

// One generation of a view, as lists show it.
struct ViewEntry {
    std::string view;
    std::uint64_t generation = 0;
    std::string table;
    std::uint32_t version = 0;
    bool live = false;
    bool building = false;
    bool folded = false;  // kept up to date; false for one of another version that is not live
    PositionVector positions;      // last accepted record folded, per partition
    std::uint64_t lag_records = 0;  // behind the log's end, void records included
    Duration lag;                  // now minus its newest commit where it is behind; zero when it is not
};

struct RebuildReport {
    std::string view;
    std::uint64_t generation = 0;
    std::string table;
    RebuildProgress progress;
};

struct VerifyReport {
    std::string view;
    std::string live;     // table
    std::string rebuilt;  // table, or what it was called: one made for this comparison alone is gone
    Match match = Match::bytes;  // keys: the live table is of an older version
    PositionVector positions;  // at which both stood
    Comparison comparison;
};

struct UpgradeReport {
    std::string view;
    std::string former;  // table, empty if there was none; it is kept until it is discarded
    std::string table;   // that is live now
    RebuildProgress progress;
    std::optional<Comparison> compared;  // the keys of both, where the view says that they must agree
};

// Thread-safe: one rebuild or comparison at a time, another one is told `conflict`. not_found: no such view or generation.
class ProjectionAdmin {
  public:
    ProjectionAdmin(ports::Log& log, ports::Store& store, const ports::Clock& clock, ViewRegistry& registry,
                    FoldControl& folding)
        : log_(log), store_(store), clock_(clock), registry_(registry), folding_(folding) {}

    // By view, then generation.
    Result<std::vector<ViewEntry>> list();
    // Builds a new generation beside the live one, or goes on with one that was interrupted, and keeps it up to date until
    // it is promoted or discarded. Blocks until it is built.
    Result<RebuildReport> rebuild(std::string_view view, const RebuildOptions& options);
    // Compares the live table with one folded afresh, at one common position: with the newest generation that a rebuild
    // has left, else with one made for the purpose. Blocks until it is done. unavailable: there is no live table yet;
    // unsupported: the live one is of another version that has other keys.
    Result<VerifyReport> verify(std::string_view view, const RebuildOptions& options);
    // Reads come from this generation from now on; nullopt: the newest one. The former one is kept and kept up to date. Both are compared
    // first, as by `verify`: conflict, and nothing is promoted, where they differ. `unverified` leaves that out, for the case that the live
    // one is known to be wrong; so does a live table whose rows have other keys.
    Result<ViewEntry> promote(std::string_view view, std::optional<std::uint64_t> generation, const RebuildOptions& options = {}, bool unverified = false);
    // Brings a view whose live table is of another version, or missing, to this build's: rebuilt beside it, its keys compared
    // where the view says that they must agree, and promoted. conflict: they don't, and nothing was promoted; not_found:
    // the view is of this version already. Blocks until it is done.
    Result<UpgradeReport> upgrade(std::string_view view, const RebuildOptions& options);
    // Views that wait for that.
    std::vector<std::string> outdated() const { return registry_.outdated(); }
    bool knows(std::string_view view) const { return views::find(view, registry_.views()) != nullptr; }
    // Drops this generation; nullopt: every one but the live one. Answers how many.
    Result<std::size_t> discard(std::string_view view, std::optional<std::uint64_t> generation);

  private:
    RebuildOptions beside_live(std::string_view view, RebuildOptions options);
    Result<RebuildReport> build(std::string_view view, const RebuildOptions& options);
    Result<RebuildProgress> build_up_to_now(Generation& generation, const RebuildOptions& options);
    Result<Generation> begin(std::string_view view);
    std::optional<Generation> newest_rebuilt(std::string_view view);
    std::optional<Generation> newest_of_this_version(std::string_view view);
    Result<Generation> made_by(const RebuildReport& built) const;
    Result<Match> match_with_live(std::string_view view) const;
    Result<std::optional<Comparison>> compare_with_former(std::string_view view, const Generation& rebuilt, const RebuildOptions& options);
    Status find_difference(std::string_view view, std::uint64_t number, const RebuildOptions& options);
    Status switch_over(std::string_view view, std::uint64_t number);
    Result<std::unique_ptr<ports::StoreSnapshot>> snapshot_when_aligned(const std::string& live, const std::string& rebuilt,
                                                                        PositionVector& positions);
    Result<Comparison> compare_with(const Generation& rebuilt, VerifyReport& report, const RebuildOptions& options);
    std::vector<std::string> live_tables() const;
    Result<ViewEntry> entry_of(const Generation& generation, const std::vector<Offset>& ends);
    Status drop(const Generation& generation);

    ports::Log& log_;
    ports::Store& store_;
    const ports::Clock& clock_;
    ViewRegistry& registry_;
    FoldControl& folding_;
    std::mutex one_at_a_time_;
};

// The same on a data directory without a server: opens the views, folds nothing by itself.
class OfflineProjections {
  public:
    // The log, the store, the clock and the views outlive it.
    static Result<std::unique_ptr<OfflineProjections>> open(ports::Log& log, ports::Store& store, const ports::Clock& clock,
                                                            views::Table views = views::all);
    ~OfflineProjections();

    ProjectionAdmin& admin();
    const ports::ViewDirectory& views() const;
    // Folds all live views up to the log's end.
    Status catch_up();
    // Where they stand: the slowest live view per partition.
    PositionVector positions() const;

  private:
    class Direct;

    OfflineProjections(std::unique_ptr<ViewRegistry> registry, std::unique_ptr<Direct> direct);

    std::unique_ptr<ViewRegistry> registry_;
    std::unique_ptr<Direct> direct_;
    std::unique_ptr<ProjectionAdmin> admin_;
};

}  // namespace granary::projections
