// The thread behind the projection host: wakes when the log grows, steps the projector, tells who waits.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "projections/runtime/fold_control.hpp"
#include "projections/runtime/freshness_board.hpp"
#include "projections/runtime/projection_host.hpp"
#include "projections/runtime/rebuild_limits.hpp"
#include "projections/runtime/view_registry.hpp"

namespace granary::projections {

class FoldLoop final : public FoldControl, private ports::LogObserver {
  public:
    FoldLoop(const ProjectionHostOptions& options, std::unique_ptr<ViewRegistry> registry,
             std::unique_ptr<Projector> projector);
    ~FoldLoop() override;

    void start();
    // By hand only: one turn of the loop, without waiting; `look`: also where nobody said that the log grew. True: there is more.
    bool turn(bool look);
    Status stop(Duration deadline);

    Status between_steps(const std::function<Status(Projector&)>& work) override;
    bool needs_room() const override { return age() > limits::rebuild_lag_max; }

    // Any thread.
    Duration age() const;
    ProjectionStatus status() const;
    Result<Offset> known_end(Partition partition) const;
    void wait_for(std::vector<Position> positions, Duration deadline, std::function<void(bool)> ready);
    const FreshnessBoard& board() const { return board_; }
    ViewRegistry& registry() { return *registry_; }
    const ViewRegistry& registry() const { return *registry_; }
    const ProjectionHostOptions& options() const { return options_; }

  private:
    struct Work {
        const std::function<Status(Projector&)>* run = nullptr;
        Status outcome;
        bool done = false;
    };

    void delivered(std::span<const ports::LogDelivery> deliveries) override;
    void grown(std::span<const Partition> partitions) override;

    void run();
    void end();
    void run_work();
    void fail_work();
    void step();
    void publish(const std::vector<Partition>& partitions);
    void publish_all();
    void advance_board(const std::vector<Partition>& partitions, const std::vector<std::string>& tables);
    void note_behind(Partition partition);
    void note_step(const FoldStep& step);
    void note_fault(Fault fault);
    void rest();
    bool linger(std::unique_lock<std::mutex>& lock);
    void wake();
    void hurry();
    bool must_wake() const;
    std::vector<std::string> live_tables() const;

    ProjectionHostOptions options_;
    std::unique_ptr<ViewRegistry> registry_;
    std::unique_ptr<Projector> projector_;
    FreshnessBoard board_;
    std::vector<std::atomic<std::int64_t>> behind_since_;  // Time of what is not folded yet, about; 0: nothing

    mutable std::mutex mutex_;
    std::condition_variable changed_;  // for the loop
    std::condition_variable finished_;  // for who waits for work or the end
    std::vector<Work*> work_;
    bool started_ = false;
    bool stopping_ = false;
    bool ended_ = false;
    bool woken_ = false;
    bool lingering_ = false;  // the loop gathers more for the next batch
    bool hurried_ = false;    // somebody waits for what is not folded yet
    std::size_t last_records_ = 0;  // of the last batch
    ProjectionStatus status_;
    std::optional<Duration> retry_after_;
    Duration next_try_;  // by hand: not before
    std::jthread thread_;
};

}  // namespace granary::projections
