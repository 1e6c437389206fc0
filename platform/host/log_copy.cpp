// One partition after the other, several at a time: copying with a few pages in flight, and comparing.
#include "platform/host/log_copy.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "platform/host/acknowledgements.hpp"
#include "platform/host/log_copy_limits.hpp"
#include "schemas/commit.hpp"

namespace granary {
namespace {

std::string name_of(Partition partition, Offset offset) { return text_of(Position{partition, offset}); }

Status stopped(const LogCopyOptions& options) {
    if (options.stop != nullptr && options.stop->load()) return fault(FaultCode::unavailable, "interrupted; the same command goes on where this one stood");
    return {};
}

// Runs `work(partition)` for each, several at once; the first fault ends it.
template <class Work>
Status each_partition(std::uint32_t partitions, unsigned parallelism, Work work) {
    std::atomic<std::uint32_t> next{0};
    std::mutex mutex;
    Status first;
    std::atomic<bool> failed{false};
    const auto run = [&] {
        for (auto number = next++; number < partitions && !failed; number = next++) {
            const auto done = work(Partition{number});
            if (done) continue;
            const std::scoped_lock lock(mutex);
            if (!failed.exchange(true)) first = done;
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::min(parallelism, partitions); ++i) threads.emplace_back(run);
    run();
    for (auto& thread : threads) thread.join();
    return first;
}

// Tells how far the work is, one call at a time.
class Meter {
  public:
    Meter(const LogCopyOptions& options, std::uint64_t total) : options_(options), total_(total) {}
    void add(std::uint64_t records) {
        const std::scoped_lock lock(mutex_);
        done_ += records;
        if (options_.progress) options_.progress(done_, std::max(done_, total_));
    }

  private:
    const LogCopyOptions& options_;
    const std::uint64_t total_;
    std::mutex mutex_;
    std::uint64_t done_ = 0;
};

Result<std::vector<Offset>> ends_of(ports::Log& log) {
    std::vector<Offset> ends;
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        const auto end = log.end({number});
        if (!end) return std::unexpected(end.error());
        ends.push_back(*end);
    }
    return ends;
}

std::uint64_t sum_of(const std::vector<Offset>& ends) {
    std::uint64_t sum = 0;
    for (const auto end : ends) sum += static_cast<std::uint64_t>(end.number);
    return sum;
}

// Reads a partition record by record.
class Cursor {
  public:
    Cursor(ports::Log& log, Partition partition, Offset from) : log_(log), partition_(partition), next_(from) {}

    // The record at the next offset, which must exist.
    Result<ports::LogRecord> take() {
        if (at_ == page_.records.size()) {
            auto page = log_.read(partition_, next_, limits::log_copy_page_bytes);
            if (!page) return std::unexpected(std::move(page.error()));
            page_ = std::move(*page);
            at_ = 0;
            if (page_.records.empty()) return fault(FaultCode::corrupt, "the log ends before " + name_of(partition_, next_));
        }
        const auto& record = page_.records[at_++];
        if (record.offset != next_) return fault(FaultCode::corrupt, "the log gives another record instead of " + name_of(partition_, next_));
        next_ = next_.next();
        return record;
    }

  private:
    ports::Log& log_;
    Partition partition_;
    Offset next_;
    ports::LogPage page_;
    std::size_t at_ = 0;
};

Status compare_range(ports::Log& original, ports::Log& copy, Partition partition, Offset from, Offset to, const LogCopyOptions& options, Meter* meter) {
    constexpr std::int64_t report_every = 1024;
    Cursor left(original, partition, from), right(copy, partition, from);
    for (Offset at = from; at < to; at = at.next()) {
        const auto a = left.take();
        if (!a) return std::unexpected(a.error());
        const auto b = right.take();
        if (!b) return std::unexpected(b.error());
        if (a->bytes.view() != b->bytes.view()) {
            return fault(FaultCode::corrupt, "the copy holds another record at " + name_of(partition, at) + " than the original, so that its positions can't be kept: start again in a fresh place");
        }
        const auto done = at.number - from.number + 1;
        if (done % report_every != 0) continue;
        if (auto go_on = stopped(options); !go_on) return go_on;
        if (meter != nullptr) meter->add(report_every);
    }
    if (meter != nullptr) meter->add(static_cast<std::uint64_t>((to.number - from.number) % report_every));
    return {};
}

// Brokers keep it beside the record, for readers of theirs.
std::string routing_key_of(const SharedBytes& record) {
    if (!chain::parse_header(record.view())) return {};
    const auto entry = decode_body(chain::body_of(record.view()));
    const auto* commit = entry ? std::get_if<Commit>(&*entry) : nullptr;
    return commit != nullptr ? commit->meta.routing_key : std::string();
}

class PartitionCopy {
  public:
    PartitionCopy(ports::Log& from, ports::Log& to, Partition partition, Offset end, Acknowledgements& acknowledged, const LogCopyOptions& options, Meter& meter)
        : from_(from), to_(to), partition_(partition), end_(end), acknowledged_(acknowledged), options_(options), meter_(meter) {}

    Result<LogCopyCount> run() {
        if (auto resumed = resume(); !resumed) return std::unexpected(resumed.error());
        while (true) {
            const auto state = acknowledged_.wait(partition_, next_ < end_ ? window() : 0);
            if (!state) return std::unexpected(state.error());
            if (state->doubt) {
                if (auto settled = settle(*state); !settled) return std::unexpected(settled.error());
                continue;
            }
            if (next_ == end_) return finished();
            if (state->next > confirmed_) attempts_ = 0;
            confirmed_ = state->next;
            if (auto go_on = stopped(options_); !go_on) {
                (void)acknowledged_.wait(partition_, 0);
                return std::unexpected(go_on.error());
            }
            if (auto sent = send_page(); !sent) return std::unexpected(sent.error());
        }
    }

  private:
    LogCopyCount finished() const { return {there_, static_cast<std::uint64_t>(end_.number) - there_}; }
    // So many records may be open that another page makes limits::log_copy_pages_max.
    std::size_t window() const { return page_records_ * (limits::log_copy_pages_max - 1); }

    Status resume() {
        const auto there = to_.end(partition_);
        if (!there) return std::unexpected(there.error());
        if (*there > end_) return fault(FaultCode::corrupt, "the copy goes on behind " + name_of(partition_, end_) + ", where the original ends: it is no copy of it");
        // The chain vouches for what is before; all of it is compared in the end.
        if (there->number > 0) {
            if (auto same = compare_range(from_, to_, partition_, {there->number - 1}, *there, options_, nullptr); !same) return same;
        }
        next_ = *there;
        acknowledged_.start_at(partition_, next_);
        there_ = static_cast<std::uint64_t>(next_.number);
        meter_.add(there_);
        return {};
    }

    Status send_page() {
        auto page = from_.read(partition_, next_, limits::log_copy_page_bytes);
        if (!page) return std::unexpected(std::move(page.error()));
        std::vector<ports::LogAppend> appends;
        Offset at = next_;
        for (auto& record : page->records) {
            if (at == end_) break;
            if (record.offset != at) return fault(FaultCode::corrupt, "the original gives another record instead of " + name_of(partition_, at));
            std::string key = routing_key_of(record.bytes);
            appends.push_back({partition_, std::move(key), std::move(record.bytes), static_cast<std::uint64_t>(at.number)});
            at = at.next();
        }
        if (appends.empty()) return fault(FaultCode::corrupt, "the original ends before " + name_of(partition_, next_));
        const std::size_t records = appends.size();
        page_records_ = std::max(page_records_, records);
        acknowledged_.expect(partition_, records);
        if (const auto queued = to_.append(std::move(appends)); !queued) {
            acknowledged_.take_back(partition_, records);
            return wait_for_room(queued.error());
        }
        next_ = at;
        meter_.add(records);
        return {};
    }

    // Nothing of the call was taken: what is open makes room.
    Status wait_for_room(const Fault& why) {
        if (!why.retryable()) return std::unexpected(why);
        return pause(why);
    }

    // What became of the open records is seen by reading back; everything up to the end of the copy must be the original's.
    Status settle(const Acknowledgements::State& state) {
        if (state.doubt->code != FaultCode::timed_out && !state.doubt->retryable()) return std::unexpected(*state.doubt);
        if (auto paused = pause(*state.doubt); !paused) return paused;
        const auto end = to_.end(partition_);
        if (!end) return end.error().retryable() ? Status() : std::unexpected(end.error());
        if (*end > end_) return fault(FaultCode::corrupt, "the copy goes on behind " + name_of(partition_, end_) + ": a record was stored twice; start again in a fresh place");
        if (*end < state.next) return fault(FaultCode::corrupt, "the copy ends before " + name_of(partition_, state.next) + ", where it had acknowledged more");
        if (const auto same = compare_range(from_, to_, partition_, state.next, *end, options_, nullptr); !same) {
            return same.error().retryable() ? Status() : same;
        }
        next_ = *end;
        acknowledged_.start_at(partition_, next_);
        return {};
    }

    Status pause(const Fault& why) {
        if (++attempts_ > limits::log_copy_attempts_max) return std::unexpected(why);
        if (auto go_on = stopped(options_); !go_on) return go_on;
        std::this_thread::sleep_for(std::chrono::microseconds(limits::log_copy_retry.us << (attempts_ - 1)));
        return {};
    }

    ports::Log& from_;
    ports::Log& to_;
    const Partition partition_;
    const Offset end_;
    Acknowledgements& acknowledged_;
    const LogCopyOptions& options_;
    Meter& meter_;
    Offset next_{0};
    Offset confirmed_;
    std::size_t attempts_ = 0;  // since something new was acknowledged
    std::size_t page_records_ = 1;
    std::uint64_t there_ = 0;
};

Status check_same_log(ports::Log& from, ports::Log& to) {
    const auto original = from.identity();
    const auto copy = to.identity();
    if (original.id == copy.id && original.partitions == copy.partitions) return {};
    return fault(FaultCode::corrupt, "the two are different logs: " + hex_of(original.id) + " and " + hex_of(copy.id));
}

}  // namespace

Result<LogCopyCount> copy_records(ports::Log& from, ports::Log& to, const LogCopyOptions& options) {
    if (auto same = check_same_log(from, to); !same) return std::unexpected(same.error());
    const auto ends = ends_of(from);
    if (!ends) return std::unexpected(ends.error());
    Meter meter(options, sum_of(*ends));
    Acknowledgements acknowledged(to);
    std::mutex mutex;
    LogCopyCount sum;
    const auto done = each_partition(from.identity().partitions, options.parallelism, [&](Partition partition) -> Status {
        const auto count = PartitionCopy(from, to, partition, (*ends)[partition.number], acknowledged, options, meter).run();
        if (!count) return std::unexpected(count.error());
        const std::scoped_lock lock(mutex);
        sum.there += count->there;
        sum.copied += count->copied;
        return {};
    });
    if (!done) return std::unexpected(done.error());
    return sum;
}

Status compare_logs(ports::Log& original, ports::Log& copy, const LogCopyOptions& options) {
    if (auto same = check_same_log(original, copy); !same) return same;
    const auto ends = ends_of(copy);
    if (!ends) return std::unexpected(ends.error());
    Meter meter(options, sum_of(*ends));
    return each_partition(original.identity().partitions, options.parallelism, [&](Partition partition) -> Status {
        const Offset end = (*ends)[partition.number];
        const auto there = original.end(partition);
        if (!there) return std::unexpected(there.error());
        if (*there < end) return fault(FaultCode::corrupt, "the copy goes on behind " + name_of(partition, *there) + ", where the original ends");
        return compare_range(original, copy, partition, {0}, end, options, &meter);
    });
}

}  // namespace granary
