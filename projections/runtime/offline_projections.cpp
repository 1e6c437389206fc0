// Folding where it is asked for, by whoever asks.
#include <utility>

#include "projections/runtime/projection_admin.hpp"
#include "projections/views/table.hpp"

namespace granary::projections {

class OfflineProjections::Direct final : public FoldControl {
  public:
    explicit Direct(std::unique_ptr<Projector> projector) : projector_(std::move(projector)) {}

    Status between_steps(const std::function<Status(Projector&)>& work) override { return work(*projector_); }
    bool needs_room() const override { return false; }

    Projector& projector() { return *projector_; }

  private:
    std::unique_ptr<Projector> projector_;
};

OfflineProjections::OfflineProjections(std::unique_ptr<ViewRegistry> registry, std::unique_ptr<Direct> direct)
    : registry_(std::move(registry)), direct_(std::move(direct)) {}

OfflineProjections::~OfflineProjections() = default;

Result<std::unique_ptr<OfflineProjections>> OfflineProjections::open(ports::Log& log, ports::Store& store,
                                                                     const ports::Clock& clock, views::Table views) {
    // Whoever looks after views is told of damage, and nothing is mended behind its back.
    auto registry = ViewRegistry::open(store, views);
    if (!registry) return std::unexpected(std::move(registry.error()));
    auto projector = Projector::open(log, store, (*registry)->folded(), {}, views);
    if (!projector) return std::unexpected(std::move(projector.error()));
    std::unique_ptr<OfflineProjections> offline(
        new OfflineProjections(std::move(*registry), std::make_unique<Direct>(std::move(*projector))));
    offline->admin_ = std::make_unique<ProjectionAdmin>(log, store, clock, *offline->registry_, *offline->direct_);
    return offline;
}

ProjectionAdmin& OfflineProjections::admin() { return *admin_; }
const ports::ViewDirectory& OfflineProjections::views() const { return *registry_; }

Status OfflineProjections::catch_up() {
    // Nobody told of what came into the log since.
    direct_->projector().mark_all_grown();
    return direct_->projector().catch_up();
}

PositionVector OfflineProjections::positions() const {
    std::vector<std::string> tables;
    for (const auto& view : registry_->views()) {
        if (const auto table = registry_->live_table(view.name)) tables.push_back(*table);
    }
    auto& projector = direct_->projector();
    PositionVector positions(projector.partitions());
    for (std::uint32_t i = 0; i < positions.size(); ++i) positions[i] = projector.folded(Partition{i}, tables);
    return positions;
}

}  // namespace granary::projections
