// The door of the command side: checks before work is done, then hands over to the thread of the partition.
#include "command-side/runtime/command_host.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "command-side/runtime/checkpoint.hpp"
#include "command-side/runtime/host_worker.hpp"
#include "core/limits.hpp"
#include "core/marks.hpp"
#include "core/routing.hpp"
#include "platform/host/joint_tables.hpp"

namespace granary::command_side {

using ports::CommandAnswer;
using ports::CommandOutcome;

Result<std::unique_ptr<CommandHost>> CommandHost::start(CommandHostOptions options) {
    const std::uint32_t partitions = options.log.identity().partitions;
    if (partitions == 0 || partitions > limits::partitions_max) return fault(FaultCode::invalid_argument, "a log needs 1 to 4096 partitions");
    if (options.threads == 0) return fault(FaultCode::invalid_argument, "the command side needs at least one thread");
    if (auto created = create_joint_tables(options.store, tables::all); !created) return std::unexpected(std::move(created.error()));
    std::unique_ptr<CommandHost> host(new CommandHost(std::move(options)));
    host->shared_->log.observe(*host);  // before anything is appended
    if (host->by_hand_) return host;
    for (auto& worker : host->workers_) worker->start();
    return host;
}

CommandHost::CommandHost(CommandHostOptions options) : partitions_(options.log.identity().partitions), by_hand_(options.by_hand) {
    const std::size_t share = std::max(limits::live_aggregates_max / partitions_, limits::shard_aggregates_min);
    shared_ = std::unique_ptr<HostShared>(new HostShared{options.log, options.store, options.clock, options.disk, options.node, options.url,
                                                         options.shard_aggregates_max != 0 ? options.shard_aggregates_max : share, options.disk_free_min_bytes});
    shared_->bounds = options.bounds;
    shared_->hold_all = options.hold_all;
    shared_->raise_format = options.raise_format;
    shared_->owners = options.owners;
    shared_->held = options.held;
    shared_->ask_to_let_go = std::move(options.ask_to_let_go);
    told_.store(options.hold_all);
    suggested_.assign(partitions_, options.hold_all);
    shared_->owned_changed = [this] {
        const std::scoped_lock lock(ready_mutex_);
        ready_changed_.notify_all();
    };
    if (shared_->disk != nullptr) {
        if (const auto free = shared_->disk->free_bytes()) shared_->disk_low.store(*free < shared_->disk_free_min_bytes);
    }
    const std::uint32_t threads = std::min(options.threads, partitions_);
    for (std::uint32_t index = 0; index < threads; ++index) workers_.push_back(std::make_unique<HostWorker>(*shared_, index, threads));
    open_.store(true);
}

CommandHost::~CommandHost() {
    if (!by_hand_) (void)stop(seconds(10));
    else if (!stopped_) shared_->log.stop_observing(*this);
}

HostWorker& CommandHost::worker_of(Partition partition) { return *workers_[partition.number % workers_.size()]; }

namespace {

void turn_away(const std::function<void(CommandAnswer)>& done, FaultCode code, const char* why) {
    CommandAnswer answer;
    answer.outcome = CommandOutcome::unavailable;
    answer.fault = {code, why};
    answer.retry_after = limits::command_retry_after;
    done(std::move(answer));
}

}  // namespace

void CommandHost::submit(ports::CommandRequest request, std::function<void(CommandAnswer)> done) {
    if (!open_.load()) return turn_away(done, FaultCode::unavailable, "this node is shutting down");
    if (shared_->disk_low.load()) {
        GRANARY_MARK(turned_away_for_disk);
        return turn_away(done, FaultCode::disk_full, "the disk is nearly full");
    }
    if (shared_->unanswered.fetch_add(1) >= limits::shard_queue_max) {
        shared_->unanswered.fetch_sub(1);
        return turn_away(done, FaultCode::unavailable, "too many commands are under way");
    }
    if (!request.background) {
        shared_->waited_for.fetch_add(1);
        done = [shared = shared_.get(), done = std::move(done)](CommandAnswer answer) {
            shared->waited_for.fetch_sub(1);
            done(std::move(answer));
        };
    }
    const Partition partition = partition_of(target_of(request.command).routing_key, partitions_);
    if (worker_of(partition).submit(partition, request, done)) return;
    shared_->unanswered.fetch_sub(1);
    turn_away(done, FaultCode::unavailable, "this node is shutting down");
}

bool CommandHost::ready() const {
    return open_.load() && told_.load() && std::ranges::all_of(workers_, [](const auto& worker) { return worker->all_owned(); });
}

std::size_t CommandHost::clients_waiting() const { return shared_->waited_for.load(std::memory_order_relaxed); }

bool CommandHost::wait_until_ready(Duration deadline) const {
    std::unique_lock lock(ready_mutex_);
    return ready_changed_.wait_for(lock, std::chrono::microseconds(deadline.us), [this] { return ready(); });
}

bool CommandHost::accepts_commands() const { return open_.load() && !shared_->disk_low.load(); }

std::vector<PartitionStatus> CommandHost::status() const {
    std::vector<PartitionStatus> all;
    for (const auto& worker : workers_) {
        auto part = worker->status();
        std::ranges::move(part, std::back_inserter(all));
    }
    std::ranges::sort(all, {}, &PartitionStatus::partition);
    return all;
}

void CommandHost::claim(Partition partition) {
    if (partition.number < partitions_) worker_of(partition).claim(partition, true);
}

void CommandHost::let_go(Partition partition, std::function<void(ports::LetGo)> reply) {
    if (partition.number >= partitions_) return reply(ports::LetGo::gone);
    worker_of(partition).let_go(partition, std::move(reply));
}

void CommandHost::suggest(const ports::Suggestion& suggestion) {
    const std::scoped_lock lock(suggested_mutex_);
    std::vector<bool> wanted(partitions_, false);
    for (const Partition partition : suggestion.partitions) {
        if (partition.number < partitions_ && suggestion.member) wanted[partition.number] = true;
    }
    for (std::uint32_t i = 0; i < partitions_; ++i) {
        if (wanted[i] != suggested_[i]) worker_of({i}).claim({i}, wanted[i]);
    }
    suggested_ = std::move(wanted);
    told_.store(suggestion.member);
}

void CommandHost::release(Partition partition) {
    if (partition.number < partitions_) worker_of(partition).claim(partition, false);
}

bool CommandHost::turn() {
    bool again = false;
    for (auto& worker : workers_) {
        (void)worker->turn({});
        again = again || worker->wants_turn();
    }
    return again;
}

bool CommandHost::quiet() const {
    return std::ranges::all_of(workers_, [](const auto& worker) { return worker->quiet(); });
}

Status CommandHost::stop(Duration deadline) {
    open_.store(false);
    if (stopped_) return {};
    stopped_ = true;
    const Duration at = shared_->clock.monotonic() + (by_hand_ ? Duration{} : deadline);
    for (auto& worker : workers_) worker->begin_stop(at);
    {
        const std::scoped_lock lock(shared_->gate->mutex);
        shared_->gate->open = false;
    }
    if (by_hand_) (void)turn();
    Status ended;
    for (auto& worker : workers_) {
        if (auto one = worker->join(); !one) ended = std::move(one);
    }
    shared_->log.stop_observing(*this);
    return ended;
}

void CommandHost::delivered(std::span<const ports::LogDelivery> deliveries) {
    std::vector<std::vector<ports::LogDelivery>> parts(workers_.size());
    for (const auto& delivery : deliveries) parts[delivery.partition.number % workers_.size()].push_back(delivery);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!parts[i].empty()) workers_[i]->deliver(std::move(parts[i]));
    }
}

void CommandHost::grown(std::span<const Partition> partitions) {
    for (const Partition partition : partitions) worker_of(partition).note_growth(partition);
}

}  // namespace granary::command_side
