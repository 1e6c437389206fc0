// Opens the views and hands them to the loop.
#include "projections/runtime/projection_host.hpp"

#include <algorithm>
#include <utility>

#include "projections/runtime/fold_loop.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "projections/runtime/projection_work.hpp"

namespace granary::projections {

ProjectionHost::ProjectionHost(std::unique_ptr<FoldLoop> loop) : loop_(std::move(loop)) {
    const auto& options = loop_->options();
    admin_ = std::make_unique<ProjectionAdmin>(options.log, options.store, options.clock, loop_->registry(), *loop_);
    work_ = std::make_unique<ProjectionWork>(*admin_);
}

ProjectionHost::~ProjectionHost() = default;

Result<std::unique_ptr<ProjectionHost>> ProjectionHost::start(ProjectionHostOptions options) {
    const auto begun_afresh = [&](std::string_view why) {
        if (options.begun_afresh) options.begun_afresh(why);
    };
    auto registry = ViewRegistry::open(options.store, options.views, begun_afresh);
    if (!registry) return std::unexpected(std::move(registry.error()));
    auto projector = Projector::open(options.log, options.store, (*registry)->folded(), options.limits, options.views);
    if (!projector) return std::unexpected(std::move(projector.error()));
    if (options.claim_seen) (*projector)->watch_claims(options.claim_seen);
    auto loop = std::make_unique<FoldLoop>(options, std::move(*registry), std::move(*projector));
    std::unique_ptr<ProjectionHost> host(new ProjectionHost(std::move(loop)));
    host->loop_->start();
    if (options.by_hand) return host;
    if (auto begun = host->work_->upgrade(); !begun) return std::unexpected(std::move(begun.error()));
    return host;
}

Status ProjectionHost::stop(Duration deadline) {
    const auto& clock = loop_->options().clock;
    const Duration until = clock.monotonic() + deadline;
    auto ended = work_->end(deadline);
    auto stopped = loop_->stop(std::max(until - clock.monotonic(), Duration{}));
    return ended ? stopped : ended;
}

bool ProjectionHost::turn(bool look) { return loop_->turn(look); }

ports::ViewAge ProjectionHost::age() const { return {loop_->board().folded(), loop_->age()}; }
Offset ProjectionHost::folded(Partition partition) const { return loop_->board().folded(partition); }
Result<Offset> ProjectionHost::known_end(Partition partition) const { return loop_->known_end(partition); }

void ProjectionHost::wait_for(std::vector<Position> positions, Duration deadline, std::function<void(bool)> ready) {
    loop_->wait_for(std::move(positions), deadline, std::move(ready));
}

const ports::ViewDirectory& ProjectionHost::views() const { return loop_->registry(); }
ProjectionAdmin& ProjectionHost::admin() { return *admin_; }
ProjectionWork& ProjectionHost::work() { return *work_; }

ProjectionStatus ProjectionHost::status() const {
    auto status = loop_->status();
    status.outdated = loop_->registry().outdated();
    return status;
}

bool ProjectionHost::is_missing_any() const {
    const auto& registry = loop_->registry();
    return std::ranges::any_of(registry.views(), [&](const auto& view) { return registry.live_table(view.name) == nullptr; });
}

}  // namespace granary::projections
