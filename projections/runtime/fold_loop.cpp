// Sleeping, waking and telling; the folding itself is the projector's.
#include "projections/runtime/fold_loop.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "platform/host/background_thread.hpp"
#include "projections/views/table.hpp"

namespace granary::projections {
namespace {

constexpr Duration idle_rest = seconds(1);  // between two looks at the log when nobody says that it grew

// A batch of at least so many records means load; one of so many means that the views are behind, and gathering is over.
constexpr std::size_t linger_records_min = 64;
constexpr std::size_t linger_records_max = 4000;
constexpr Duration linger_time = milliseconds(100);

std::chrono::microseconds chrono_of(Duration duration) { return std::chrono::microseconds(std::max<std::int64_t>(duration.us, 0)); }

}  // namespace

FoldLoop::FoldLoop(const ProjectionHostOptions& options, std::unique_ptr<ViewRegistry> registry,
                   std::unique_ptr<Projector> projector)
    : options_(options),
      registry_(std::move(registry)),
      projector_(std::move(projector)),
      board_(projector_->partitions(), options.waiters_max),
      behind_since_(projector_->partitions()) {}

FoldLoop::~FoldLoop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    else if (started_ && !ended_) options_.log.stop_observing(*this);
}

void FoldLoop::start() {
    publish_all();
    for (std::uint32_t i = 0; i < projector_->partitions(); ++i) note_behind({i});
    options_.log.observe(*this);
    {
        const std::lock_guard lock(mutex_);
        started_ = true;
    }
    if (!options_.by_hand) thread_ = std::jthread([this] { run(); });
}

// Rests after a failed step as the thread does, however often it is called.
bool FoldLoop::turn(bool look) {
    if (look) projector_->mark_all_grown();
    run_work();
    const Duration now = options_.clock.monotonic();
    const bool rests = now < next_try_;
    if (!rests && projector_->anything_grown()) step();
    if (!rests && retry_after_) next_try_ = now + *retry_after_;
    board_.expire(now);
    return now >= next_try_ && projector_->anything_grown();
}

Status FoldLoop::stop(Duration deadline) {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    if (options_.by_hand && started_ && !ended_) {
        lock.unlock();
        end();
        return {};
    }
    const bool ended = finished_.wait_for(lock, chrono_of(deadline), [&] { return ended_ || !started_; });
    if (!ended) return fault(FaultCode::timed_out, "the views are still writing a batch");
    return {};
}

// -- the log's threads ----------------------------------------------------------------------------------------------

void FoldLoop::delivered(std::span<const ports::LogDelivery>) {}

void FoldLoop::grown(std::span<const Partition> partitions) {
    for (const Partition partition : partitions) {
        note_behind(partition);
        projector_->mark_grown(partition);
    }
    wake();
}

void FoldLoop::note_behind(Partition partition) {
    std::int64_t nothing = 0;
    behind_since_[partition.number].compare_exchange_strong(nothing, options_.clock.now().unix_us);
}

void FoldLoop::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        if (lingering_) return;
    }
    changed_.notify_one();
}

void FoldLoop::hurry() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        hurried_ = true;
    }
    changed_.notify_one();
}

// -- any thread -----------------------------------------------------------------------------------------------------

Status FoldLoop::between_steps(const std::function<Status(Projector&)>& run) {
    Work work{&run, {}, false};
    std::unique_lock lock(mutex_);
    if (stopping_ || ended_ || !started_) return fault(FaultCode::unavailable, "the views of this node are being shut down");
    work_.push_back(&work);
    changed_.notify_one();
    if (!finished_.wait_for(lock, chrono_of(limits::between_steps_wait_max), [&] { return work.done; })) {
        // Not begun: take it back. Begun: it uses what stands on this stack, and ends by itself.
        if (std::erase(work_, &work) > 0) return fault(FaultCode::timed_out, "the views were too busy to listen");
        finished_.wait(lock, [&] { return work.done; });
    }
    return work.outcome;
}

void FoldLoop::wait_for(std::vector<Position> positions, Duration deadline, std::function<void(bool)> ready) {
    const Duration until{options_.clock.monotonic().us + deadline.us};
    // The loop may be resting, or gathering a batch, for longer than this waiter wants to wait.
    if (board_.wait_for(std::move(positions), until, std::move(ready)) || board_.waiting() > 0) hurry();
}

Result<Offset> FoldLoop::known_end(Partition partition) const {
    const auto end = options_.log.end(partition);
    if (!end) return std::unexpected(end.error());
    return Offset{end->number - 1};
}

Duration FoldLoop::age() const {
    const Time now = options_.clock.now();
    Duration age;
    for (const auto& since : behind_since_) {
        const std::int64_t at = since.load(std::memory_order_relaxed);
        if (at != 0) age = std::max(age, now - Time{at});
    }
    return age;
}

ProjectionStatus FoldLoop::status() const {
    ProjectionStatus status;
    {
        const std::lock_guard lock(mutex_);
        status = status_;
    }
    for (std::uint32_t i = 0; i < projector_->partitions(); ++i) {
        // As heard: whoever watches a node must not make it ask brokers once a partition.
        const std::int64_t lag = options_.log.heard_end({i}).number - 1 - board_.folded({i}).number;
        if (lag > 0) status.lag_records += static_cast<std::uint64_t>(lag);
    }
    status.lag = age();
    status.waiting = board_.waiting();
    return status;
}

// -- the loop -------------------------------------------------------------------------------------------------------

void FoldLoop::run() {
    run_in_background("views");
    while (true) {
        run_work();
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) break;
        }
        step();
        board_.expire(options_.clock.monotonic());
        rest();
    }
    end();
}

void FoldLoop::end() {
    options_.log.stop_observing(*this);
    board_.close();
    fail_work();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    finished_.notify_all();
}

void FoldLoop::run_work() {
    while (true) {
        Work* work = nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (work_.empty()) break;
            work = work_.front();
            work_.erase(work_.begin());
        }
        auto outcome = (*work->run)(*projector_);
        publish_all();
        const std::lock_guard lock(mutex_);
        work->outcome = std::move(outcome);
        work->done = true;
        finished_.notify_all();
    }
}

void FoldLoop::fail_work() {
    const std::lock_guard lock(mutex_);
    for (Work* work : std::exchange(work_, {})) {
        work->outcome = fault(FaultCode::unavailable, "the views of this node are being shut down");
        work->done = true;
    }
    finished_.notify_all();
}

void FoldLoop::step() {
    auto stepped = projector_->step();
    if (!stepped) return note_fault(std::move(stepped.error()));
    note_step(*stepped);
    publish(stepped->moved);
}

void FoldLoop::publish(const std::vector<Partition>& partitions) {
    if (partitions.empty()) return;
    const auto tables = live_tables();
    advance_board(partitions, tables);
    for (const Partition partition : partitions) {
        auto& behind = behind_since_[partition.number];
        const Time newest = tables.empty() ? Time{} : projector_->folded_time(partition, tables.front());
        if (projector_->is_grown(partition) && newest.unix_us != 0) {
            // What comes next was written after this.
            behind.store(newest.unix_us, std::memory_order_relaxed);
        } else {
            behind.store(0, std::memory_order_relaxed);
            if (projector_->is_grown(partition)) note_behind(partition);
        }
    }
}

void FoldLoop::publish_all() {
    std::vector<Partition> all(projector_->partitions());
    for (std::uint32_t i = 0; i < all.size(); ++i) all[i].number = i;
    advance_board(all, live_tables());
}

void FoldLoop::advance_board(const std::vector<Partition>& partitions, const std::vector<std::string>& tables) {
    std::vector<Position> moved;
    const auto folded = projector_->folded(partitions, tables);
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        if (folded[i] != board_.folded(partitions[i])) moved.push_back({partitions[i], folded[i]});
    }
    board_.advance(moved);
}

void FoldLoop::note_step(const FoldStep& step) {
    const std::lock_guard lock(mutex_);
    retry_after_.reset();
    status_.last_fault.reset();
    last_records_ = step.records;
    status_.records += step.records;
    status_.events += step.events;
    if (step.records > 0) ++status_.batches;
    status_.halted = projector_->halted();
}

void FoldLoop::note_fault(Fault fault) {
    const std::lock_guard lock(mutex_);
    status_.last_fault = std::move(fault);
    const Duration longer = retry_after_ ? *retry_after_ * 2 : limits::fold_retry_min;
    retry_after_ = std::min(longer, limits::fold_retry_max);
}

bool FoldLoop::must_wake() const { return stopping_ || !work_.empty(); }

// Under load a row changes many times within moments: gathering for a while writes it once. Nobody who waits is kept
// waiting by it, and at low load nothing is gathered. True when it did.
bool FoldLoop::linger(std::unique_lock<std::mutex>& lock) {
    const bool may = last_records_ >= linger_records_min && last_records_ < linger_records_max && !hurried_ && board_.waiting() == 0;
    hurried_ = false;
    if (!may) return false;
    lingering_ = true;
    changed_.wait_for(lock, chrono_of(linger_time), [&] { return hurried_ || must_wake(); });
    lingering_ = false;
    return true;
}

void FoldLoop::rest() {
    Duration at_most = idle_rest;
    if (const auto deadline = board_.next_deadline()) {
        at_most = std::min(at_most, Duration{deadline->us - options_.clock.monotonic().us});
    }
    std::unique_lock lock(mutex_);
    if (retry_after_) {
        changed_.wait_for(lock, chrono_of(std::min(at_most, *retry_after_)), [&] { return must_wake(); });
        woken_ = false;
        return;
    }
    if (linger(lock) || projector_->anything_grown()) return;
    const bool called = changed_.wait_for(lock, chrono_of(at_most), [&] { return woken_ || must_wake(); });
    // A log that other nodes write to may grow without a word.
    if (!called) projector_->mark_all_grown();
    woken_ = false;
}

std::vector<std::string> FoldLoop::live_tables() const {
    std::vector<std::string> tables;
    for (const auto& view : registry_->views()) {
        if (const auto table = registry_->live_table(view.name)) tables.push_back(*table);
    }
    return tables;
}

}  // namespace granary::projections
