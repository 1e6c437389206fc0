// What the gateway's admin routes may do with the sagas and views of this node.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "platform/ports/operations.hpp"
#include "projections/runtime/projection_admin.hpp"
#include "sagas/runtime/saga_admin.hpp"

namespace granary::cli {

// Thread-safe. Work on views runs on one thread of its own, one piece at a time; its outcome is kept until the next.
class NodeOperations final : public ports::Operations {
  public:
    // Both outlive this object.
    NodeOperations(projections::ProjectionAdmin& projections, sagas::SagaAdmin& sagas) : projections_(projections), sagas_(sagas) {}
    // Asks running work to stop and waits for it; a rebuild goes on from there next time.
    ~NodeOperations() override;
    NodeOperations(const NodeOperations&) = delete;
    NodeOperations& operator=(const NodeOperations&) = delete;

    Result<std::string> projections() override;
    Result<std::optional<std::string>> projection(std::string_view view) override;
    Status begin(std::string_view view, ports::ProjectionAction action, std::optional<std::uint64_t> generation) override;
    Result<ports::SagaPage> sagas(const ports::SagaFilter& filter) override;
    Result<std::optional<std::string>> saga(OrderId order) override;
    Result<std::optional<std::string>> compensation_plan(OrderId order) override;

  private:
    struct Work {
        ports::ProjectionAction action = ports::ProjectionAction::rebuild;
        bool running = true;
        projections::RebuildProgress progress;
        std::optional<Fault> failed;
        std::string outcome_json;  // an object, when it is done
    };

    void run(const std::string& view, ports::ProjectionAction action, std::optional<std::uint64_t> generation, std::stop_token stop);
    Result<std::string> carry_out(const std::string& view, ports::ProjectionAction action, std::optional<std::uint64_t> generation, const std::stop_token& stop);
    projections::RebuildOptions rebuild_options(const std::string& view, const std::stop_token& stop);

    projections::ProjectionAdmin& projections_;
    sagas::SagaAdmin& sagas_;
    std::mutex mutex_;
    std::map<std::string, Work, std::less<>> works_;  // the last one per view
    bool busy_ = false;
    std::jthread thread_;
};

}  // namespace granary::cli
