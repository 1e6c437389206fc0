// Partitions are handed to threads one by one, and folded in memory part by part. Parts of several partitions come into the store
// together, as a sorted file, with the positions that they lead to.
#include "projections/runtime/rebuild.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "platform/host/chain_reader.hpp"
#include "projections/runtime/gathered_rows.hpp"
#include "projections/runtime/pace.hpp"
#include "projections/runtime/rebuild_limits.hpp"
#include "projections/runtime/track.hpp"

namespace granary::projections {
namespace {

constexpr std::size_t page_bytes = limits::log_read_bytes_max / 4;  // between two looks at whether to go on

// What the threads share.
class Job {
  public:
    Job(ports::Log& log, ports::Store& store, const ports::Clock& clock, const Generation& generation, const views::View& view,
        const RebuildOptions& options)
        : log_(log),
          store_(store),
          clock_(clock),
          generation_(generation),
          view_(view),
          options_(options),
          started_(clock.monotonic()),
          pace_(clock, options.records_per_second, options.must_wait, options.stop) {
        for (const Offset end : generation.target) progress_.total += static_cast<std::uint64_t>(std::max<std::int64_t>(end.number, 0));
    }

    ports::Log& log() const { return log_; }
    ports::Store& store() const { return store_; }
    const ports::Clock& clock() const { return clock_; }
    const Generation& generation() const { return generation_; }
    const views::View& view() const { return view_; }
    const RebuildOptions& options() const { return options_; }
    std::uint32_t partitions() const { return static_cast<std::uint32_t>(generation_.target.size()); }
    Offset target(Partition partition) const { return generation_.target[partition.number]; }
    std::size_t threads() const { return std::clamp<std::size_t>(options_.threads, 1, limits::rebuild_threads_max); }
    // Of what two threads have each: more threads take no more memory than two.
    std::size_t share_of(std::size_t bytes) const { return threads() <= 2 ? bytes : std::max<std::size_t>(bytes * 2 / threads(), 1); }

    std::optional<Partition> next_partition() {
        const std::uint32_t next = next_.fetch_add(1);
        if (next >= partitions() || ended()) return std::nullopt;
        return Partition{next};
    }
    Pace& pace() { return pace_; }
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
        if (options_.stop.stop_requested()) return interrupted("the rebuild");
        progress_.elapsed = Duration{clock_.monotonic().us - started_.us};
        return progress_;
    }

  private:
    ports::Log& log_;
    ports::Store& store_;
    const ports::Clock& clock_;
    const Generation& generation_;
    const views::View& view_;
    const RebuildOptions& options_;
    const Duration started_;
    Pace pace_;
    std::atomic<std::uint32_t> next_{0};
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    RebuildProgress progress_;
    std::optional<Fault> fault_;
};

// One partition from its anchor to its target.
class PartitionRebuild {
  public:
    PartitionRebuild(Job& job, Partition partition, GatheredRows& rows) : job_(job), partition_(partition), rows_(rows) {}

    Status run() {
        if (job_.target(partition_).number <= 0) return {};
        auto stored = read_positions(job_.store(), job_.generation().table(), job_.partitions());
        if (!stored) return std::unexpected(std::move(stored.error()));
        const auto& done = (*stored)[partition_.number];
        auto reader = ChainReader::open(job_.log(), partition_, done ? std::optional(done->anchor) : std::nullopt);
        if (!reader) return std::unexpected(std::move(reader.error()));
        reader_.emplace(std::move(*reader));
        job_.note(static_cast<std::uint64_t>(reader_->next().number), 0);
        auto track = done ? open_track() : Track::fresh(job_.generation(), job_.view(), job_.partitions());
        while (track) {
            if (auto folded = fold_part(**track); !folded) return folded;
            if (job_.ended()) return {};
            if (at_target()) return past_until_ ? Status() : reader_->check_end();
            // The next part goes on with rows that must be there to be read.
            if (auto flushed = rows_.flush(); !flushed) return flushed;
            if ((*track)->is_fresh()) track = open_track();
        }
        return std::unexpected(std::move(track.error()));
    }

  private:
    Result<std::unique_ptr<Track>> open_track() {
        return Track::open(job_.store(), job_.generation(), job_.view(), job_.partitions(), limits::view_cache_bytes);
    }

    // Rows and position come into the store together, so an interrupted part leaves nothing, and is folded again.
    Status fold_part(Track& track) {
        if (auto filled = fill(track); !filled) return filled;
        return job_.ended() ? Status() : rows_.take(track);
    }

    bool at_target() const { return past_until_ || reader_->next() >= job_.target(partition_); }

    // Takes records until about so many bytes of log are folded.
    Status fill(Track& track) {
        std::size_t folded = 0;
        while (folded < job_.share_of(job_.options().segment_bytes) && !at_target() && !job_.ended()) {
            if (auto read = read_page(track, folded); !read) return read;
        }
        return {};
    }

    Status read_page(Track& track, std::size_t& folded) {
        std::uint64_t events = 0;
        const auto take = [&](const ScannedRecord& record) -> Result<bool> {
            if (record.body == nullptr) return true;
            // Times of one partition never fall.
            past_until_ = job_.options().until && record.body->control == nullptr && record.body->time > *job_.options().until;
            if (past_until_) return false;
            events += record.body->events;
            if (!track.take(record)) return std::unexpected(*track.failure());
            if (record.body->commit != nullptr) folded += record.bytes.size();
            return folded < job_.share_of(job_.options().segment_bytes);
        };
        const auto shown = reader_->scan(job_.target(partition_), page_bytes, track.takes(), take);
        if (!shown) return std::unexpected(shown.error());
        if (*shown == 0 && !at_target()) return fault(FaultCode::corrupt, "the log is shorter than it was when the rebuild began");
        job_.note(*shown, events);
        job_.pace().rest(*shown);
        return {};
    }

    Job& job_;
    const Partition partition_;
    GatheredRows& rows_;
    std::optional<ChainReader> reader_;
    bool past_until_ = false;
};

void work(Job& job) {
    GatheredRows rows(job.store(), job.generation().table(), job.clock(), job.share_of(limits::rebuild_gathered_bytes / 2));
    Status done;
    while (const auto partition = job.next_partition()) {
        done = PartitionRebuild(job, *partition, rows).run();
        if (!done) break;
    }
    // What whole parts have led to is kept, also when somebody asked to stop.
    if (done) done = rows.flush();
    if (!done) job.fail(std::move(done.error()));
}

}  // namespace

std::unexpected<Fault> interrupted(std::string_view what) {
    return fault(FaultCode::unavailable, std::string(what) + " was interrupted; run it again and it goes on from here");
}

Result<RebuildProgress> rebuild(ports::Log& log, ports::Store& store, const ports::Clock& clock,
                                const Generation& generation, const RebuildOptions& options) {
    if (generation.target.size() != log.identity().partitions) {
        return fault(FaultCode::invalid_argument, "the rebuild was begun on a log with another number of partitions; discard it");
    }
    const auto* view = views::find(generation.view, options.views);
    if (view == nullptr) return fault(FaultCode::not_found, "there is no view named " + generation.view);
    Job job(log, store, clock, generation, *view, options);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < job.threads(); ++i) threads.emplace_back([&job] { work(job); });
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
