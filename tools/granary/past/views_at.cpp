// A copy of the snapshot, and a rebuild that goes on from where it stands.
#include "tools/granary/past/views_at.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "core/limits.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/single_view.hpp"
#include "tools/granary/past/view_folder.hpp"

namespace granary::cli {
namespace {

std::uint64_t records_before(const projections::StoredView& view) {
    std::uint64_t records = 0;
    for (const auto& position : view.positions()) records += static_cast<std::uint64_t>(position.number + 1);
    return records;
}

// Answers how many records need not be folded.
Result<std::uint64_t> begin_from(const NearestSnapshot& snapshot, const std::string& view, std::uint32_t partitions, ports::Store& store, const std::stop_token& stop) {
    const auto folder = ViewFolder::open(snapshot.path);
    if (!folder) return std::unexpected(folder.error());
    const auto copied = projections::copy_view(folder->store(), view, partitions, store, [&](std::uint64_t) { return stop.stop_requested() ? Status(projections::interrupted("the copy")) : Status(); });
    if (!copied) return std::unexpected(copied.error());
    return records_before(*copied);
}

Result<ViewAt> build_one(ports::Log& log, ports::Store& store, const std::string& view, const AsOf& as_of, const ViewsAtOptions& options) {
    const SystemClock clock;
    const Duration began = clock.monotonic();
    const auto identity = log.identity();
    ViewAt built{view, positions_of(as_of.ends), {}, 0, {}};
    std::uint64_t spared = 0;
    if (const auto snapshot = options.snapshots.empty() ? std::nullopt : nearest_snapshot(options.snapshots, identity, view, as_of)) {
        const auto begun = begin_from(*snapshot, view, identity.partitions, store, options.stop);
        if (!begun) return std::unexpected(begun.error());
        spared = *begun;
        built.snapshot = snapshot->path;
    }
    projections::RebuildOptions how;
    how.threads = options.threads > 0 ? options.threads : std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, limits::rebuild_threads_max);
    how.until = as_of.until;
    how.stop = options.stop;
    how.on_progress = [&](const projections::RebuildProgress& progress) {
        if (options.progress) options.progress(view, progress.done, progress.total);
    };
    const auto progress = projections::build_view(log, store, clock, view, as_of.ends, how);
    if (!progress) return std::unexpected(progress.error());
    built.records = progress->done - std::min(progress->done, spared);
    if (as_of.until) {
        const auto found = projections::find_live(store, view, identity.partitions);
        if (!found) return std::unexpected(found.error());
        built.positions = found->positions();
    }
    built.took = clock.monotonic() - began;
    return built;
}

}  // namespace

Result<std::vector<ViewAt>> build_views_at(ports::Log& log, ports::Store& store, const std::vector<std::string>& views, const AsOf& as_of, const ViewsAtOptions& options) {
    std::vector<ViewAt> built;
    for (const auto& view : views) {
        auto one = build_one(log, store, view, as_of, options);
        if (!one) return std::unexpected(std::move(one.error()));
        built.push_back(std::move(*one));
    }
    return built;
}

}  // namespace granary::cli
