// Spreads partitions over workers, and sums what they say.
#include "sagas/runtime/saga_host.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "core/limits.hpp"
#include "sagas/runtime/saga_worker.hpp"

namespace granary::sagas {
namespace {

// Commands of sagas in hand at once. They share the log's groups with those of clients, so a small window keeps answers
// at the door quick while many wait there (a POST waited 36 ms behind 4096, 14 ms behind 256), and a wide one works off
// twice as much when nobody does: each group, and each turn of every thread, then carries more.
constexpr CommandWindow command_window{.wide = 1024, .narrow = 64, .clients_many = 56};
static_assert(command_window.wide <= limits::saga_in_flight_max);

}  // namespace

SagaHost::SagaHost(SagaHostOptions options) : options_(options), partitions_(options.log.identity().partitions) {}

Result<std::unique_ptr<SagaHost>> SagaHost::start(SagaHostOptions options) {
    const auto partitions = options.log.identity().partitions;
    if (options.threads == 0 || partitions == 0) return fault(FaultCode::invalid_argument, "a saga host needs at least one thread and one partition");
    if (auto created = tables::create_all(options.store); !created) return std::unexpected(created.error());
    const auto threads = std::min(options.threads, partitions);
    std::unique_ptr<SagaHost> host(new SagaHost(options));
    for (std::uint32_t i = 0; i < threads; ++i) host->workers_.push_back(std::make_unique<SagaWorker>(options, command_window.share(threads), limits::saga_in_flight_max / threads));
    const auto share = std::max<std::size_t>(limits::saga_live_instances_max / partitions, 16);
    const auto cached_instances = options.partition_instances_max != 0 ? options.partition_instances_max : share;
    for (std::uint32_t i = 0; i < partitions; ++i) host->worker_of({i}).adopt({i}, cached_instances);
    options.log.observe(*host);
    if (options.by_hand) return host;
    for (auto& worker : host->workers_) worker->start();
    return host;
}

SagaHost::~SagaHost() {
    // What is still out is asked for again after the next start.
    if (!options_.by_hand) static_cast<void>(stop(seconds(10)));
    else if (!stopped_) options_.log.stop_observing(*this);
}

Duration SagaHost::turn() {
    Duration patience = seconds(3600);
    for (auto& worker : workers_) {
        (void)worker->turn({});
        patience = std::min(patience, worker->patience());
    }
    return patience;
}

Status SagaHost::stop(Duration deadline) {
    if (std::exchange(stopped_, true)) return {};
    for (auto& worker : workers_) worker->begin_stop(options_.by_hand ? Duration{} : deadline);
    if (options_.by_hand) (void)turn();
    bool all_answered = true;
    for (auto& worker : workers_) all_answered = worker->join() && all_answered;
    options_.log.stop_observing(*this);
    if (!all_answered) return fault(FaultCode::timed_out, "sagas stopped before all their answers had come");
    return {};
}

void SagaHost::hold(Partition partition, bool held) {
    if (partition.number < partitions_) worker_of(partition).hold(partition, held);
}

void SagaHost::grown(std::span<const Partition> partitions) {
    for (const Partition partition : partitions) worker_of(partition).grown(partition);
}

SagaWorker& SagaHost::worker_of(Partition partition) const { return *workers_[partition.number % workers_.size()]; }

Status SagaHost::catch_up(Partition partition, Duration deadline) const {
    if (partition.number >= partitions_) return fault(FaultCode::invalid_argument, "no such partition");
    const auto end = options_.log.end(partition);
    if (!end) return fault(FaultCode::timed_out, end.error().message);
    struct Answer {
        std::mutex mutex;
        std::condition_variable came;
        std::optional<Status> status;
    };
    const auto answer = std::make_shared<Answer>();  // may come after the wait was given up
    worker_of(partition).catch_up({partition, *end, options_.clock.now() + deadline, [answer](Status status) {
                                       const std::scoped_lock lock(answer->mutex);
                                       answer->status = std::move(status);
                                       answer->came.notify_one();
                                   }});
    std::unique_lock lock(answer->mutex);
    if (!answer->came.wait_for(lock, std::chrono::microseconds(deadline.us), [&] { return answer->status.has_value(); })) {
        return fault(FaultCode::timed_out, "the sagas of this partition are busy");
    }
    return std::move(*answer->status);
}

std::vector<SagaPartitionStatus> SagaHost::status() const {
    std::vector<SagaPartitionStatus> all;
    for (const auto& worker : workers_) worker->add_status(all);
    std::ranges::sort(all, {}, &SagaPartitionStatus::partition);
    return all;
}

SagaPending SagaHost::pending() const {
    SagaPending sum;
    for (const auto& partition : status()) {
        if (!partition.held) continue;
        sum.instances += partition.runner.live;
        sum.parked += partition.runner.parked;
        sum.open += partition.runner.open;
        sum.asked += partition.runner.asked;
        sum.unwritten += partition.runner.unwritten;
        sum.halted += partition.halted ? 1 : 0;
        const bool behind = partition.runner.next < options_.log.heard_end(partition.partition) || !partition.runner.dispatching;
        if (!partition.halted && behind) ++sum.behind;
    }
    return sum;
}

bool SagaHost::wait_until_idle(Duration deadline) const {
    const auto until = options_.clock.monotonic().us + deadline.us;
    while (true) {
        std::vector<std::uint64_t> seen;
        for (const auto& worker : workers_) seen.push_back(worker->changes());
        const auto left = until - options_.clock.monotonic().us;
        if (pending().idle()) return true;
        if (left <= 0) return false;
        // Any worker's change is worth a look; the others are looked at again soon.
        workers_.front()->wait_for_change(seen.front(), {std::min(left, workers_.size() > 1 ? milliseconds(20).us : left)});
    }
}

}  // namespace granary::sagas
