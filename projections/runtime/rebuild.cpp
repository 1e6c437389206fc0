// Partitions are handed to threads one by one. A partition's first part is folded in memory and loaded as a sorted file;
// whatever is beyond that budget is folded in batches, as live views are.
#include "projections/runtime/rebuild.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "platform/host/chain_reader.hpp"
#include "projections/runtime/track.hpp"

namespace granary::projections {
namespace {

// What the threads share.
class Job {
  public:
    Job(ports::Log& log, ports::Store& store, const ports::Clock& clock, const Generation& generation,
        const RebuildOptions& options)
        : log_(log), store_(store), clock_(clock), generation_(generation), options_(options), started_(clock.monotonic()) {
        for (const Offset end : generation.target) progress_.total += static_cast<std::uint64_t>(std::max<std::int64_t>(end.number, 0));
    }

    ports::Log& log() const { return log_; }
    ports::Store& store() const { return store_; }
    const Generation& generation() const { return generation_; }
    const RebuildOptions& options() const { return options_; }
    std::uint32_t partitions() const { return static_cast<std::uint32_t>(generation_.target.size()); }
    Offset target(Partition partition) const { return generation_.target[partition.number]; }

    std::optional<Partition> next_partition() {
        const std::uint32_t next = next_.fetch_add(1);
        if (next >= partitions() || ended()) return std::nullopt;
        return Partition{next};
    }
    bool ended() const { return failed_.load() || options_.stop.stop_requested(); }

    void note(std::uint64_t records, std::uint64_t events) {
        const std::lock_guard lock(mutex_);
        progress_.done += records;
        progress_.events += events;
        progress_.elapsed = Duration{clock_.monotonic().us - started_.us};
        if (options_.on_progress) options_.on_progress(progress_);
    }
    void fail(Fault why) {
        const std::lock_guard lock(mutex_);
        if (!fault_) fault_ = std::move(why);
        failed_.store(true);
    }
    Result<RebuildProgress> outcome() {
        const std::lock_guard lock(mutex_);
        if (fault_) return std::unexpected(*fault_);
        if (options_.stop.stop_requested()) return fault(FaultCode::unavailable, "the rebuild was interrupted; run it again and it goes on from here");
        progress_.elapsed = Duration{clock_.monotonic().us - started_.us};
        return progress_;
    }

  private:
    ports::Log& log_;
    ports::Store& store_;
    const ports::Clock& clock_;
    const Generation& generation_;
    const RebuildOptions& options_;
    const Duration started_;
    std::atomic<std::uint32_t> next_{0};
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    RebuildProgress progress_;
    std::optional<Fault> fault_;
};

// One partition from its anchor to its target.
class PartitionRebuild {
  public:
    PartitionRebuild(Job& job, Partition partition) : job_(job), partition_(partition) {}

    Status run() {
        if (job_.target(partition_).number <= 0) return {};
        auto stored = read_positions(job_.store(), job_.generation().table(), job_.partitions());
        if (!stored) return std::unexpected(std::move(stored.error()));
        const auto& done = (*stored)[partition_.number];
        auto reader = ChainReader::open(job_.log(), partition_, done ? std::optional(done->anchor) : std::nullopt);
        if (!reader) return std::unexpected(std::move(reader.error()));
        reader_.emplace(std::move(*reader));
        job_.note(static_cast<std::uint64_t>(reader_->next().number), 0);
        if (!done) {
            if (auto loaded = load_first_part(); !loaded) return loaded;
        }
        return fold_rest();
    }

  private:
    Status load_first_part() {
        auto track = Track::fresh(job_.generation(), job_.partitions());
        if (!track) return std::unexpected(std::move(track.error()));
        if (auto filled = fill(**track, job_.options().segment_bytes); !filled) return filled;
        if (job_.ended()) return {};
        auto loader = job_.store().load((*track)->table());
        if (!loader) return std::unexpected(std::move(loader.error()));
        if (auto loaded = (*track)->load(**loader); !loaded) return loaded;
        if (auto finished = (*loader)->finish(); !finished) return finished;
        // Killed before this, the same part is folded and loaded again, to the same rows.
        ports::StoreBatch positions;
        (*track)->collect_positions(positions);
        return job_.store().write(positions, ports::Durability::device);
    }

    Status fold_rest() {
        if (at_target() || job_.ended()) return {};
        auto track = Track::open(job_.store(), job_.generation(), job_.partitions(), limits::view_cache_bytes);
        if (!track) return std::unexpected(std::move(track.error()));
        while (!at_target() && !job_.ended()) {
            if (auto filled = fill(**track, limits::fold_batch_bytes); !filled) return filled;
            ports::StoreBatch batch;
            (*track)->collect(batch);
            if (auto written = job_.store().write(batch, ports::Durability::process); !written) return written;
            (*track)->settle();
        }
        return {};
    }

    bool at_target() const { return waiting_.empty() && reader_->next() >= job_.target(partition_); }

    // Takes records until about `bytes` of log are folded. Where it stops depends on nothing but the log and `bytes`, so an
    // interrupted part is repeated exactly.
    Status fill(Track& track, std::size_t bytes) {
        std::size_t taken = 0;
        while (taken < bytes && !at_target() && !job_.ended()) {
            if (auto read = read_on(); !read) return read;
            while (taken < bytes && !waiting_.empty()) {
                const auto& record = waiting_.back();
                if (!track.take(record)) return std::unexpected(*track.failure());
                taken += record.bytes.size();
                waiting_.pop_back();
            }
        }
        return {};
    }

    Status read_on() {
        if (!waiting_.empty()) return {};
        const Offset before = reader_->next();
        auto records = reader_->read(limits::log_read_bytes_max / 4);
        if (!records) return std::unexpected(std::move(records.error()));
        if (records->empty() && !at_target()) return fault(FaultCode::corrupt, "the log is shorter than it was when the rebuild began");
        std::erase_if(*records, [&](const AcceptedRecord& record) { return record.position.offset >= job_.target(partition_); });
        std::uint64_t events = 0;
        for (const auto& record : *records) {
            const auto* commit = std::get_if<Commit>(&record.entry);
            events += commit == nullptr ? 0 : commit->events.size();
        }
        std::ranges::reverse(*records);
        waiting_ = std::move(*records);
        const std::int64_t upto = std::min(reader_->next().number, job_.target(partition_).number);
        job_.note(static_cast<std::uint64_t>(std::max<std::int64_t>(upto - before.number, 0)), events);
        return {};
    }

    Job& job_;
    const Partition partition_;
    std::optional<ChainReader> reader_;
    std::vector<AcceptedRecord> waiting_;  // read and not folded yet, the next one last
};

void work(Job& job) {
    while (const auto partition = job.next_partition()) {
        if (auto rebuilt = PartitionRebuild(job, *partition).run(); !rebuilt) job.fail(std::move(rebuilt.error()));
    }
}

}  // namespace

Result<RebuildProgress> rebuild(ports::Log& log, ports::Store& store, const ports::Clock& clock,
                                const Generation& generation, const RebuildOptions& options) {
    if (generation.target.size() != log.identity().partitions) {
        return fault(FaultCode::invalid_argument, "the rebuild was begun on a log with another number of partitions; discard it");
    }
    Job job(log, store, clock, generation, options);
    {
        std::vector<std::jthread> threads;
        const std::size_t count = std::clamp<std::size_t>(options.threads, 1, limits::rebuild_threads_max);
        for (std::size_t i = 1; i < count; ++i) threads.emplace_back([&job] { work(job); });
        work(job);
    }
    return job.outcome();
}

Result<std::vector<Offset>> ends_of(ports::Log& log) {
    std::vector<Offset> ends;
    for (std::uint32_t i = 0; i < log.identity().partitions; ++i) {
        auto end = log.end({i});
        if (!end) return std::unexpected(std::move(end.error()));
        ends.push_back(*end);
    }
    return ends;
}

}  // namespace granary::projections
