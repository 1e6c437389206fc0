// One walk per partition, several at a time.
#include "platform/host/log_verification.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/limits.hpp"

namespace granary {
namespace {

constexpr std::size_t recent_max = 8 * limits::in_flight_max;  // hashes
// A `prev` this close to the hash in front of it was that hash before bits of it were changed.
constexpr int changed_bits_max = 16;

// The newest hashes of a partition. Adding one is what every record costs; looking one up is for void records, which are few
// and mostly extend one of the last.
class RecentHashes {
  public:
    explicit RecentHashes(const Digest& first) { add(first); }

    void add(const Digest& hash) {
        if (ring_.size() < recent_max) {
            ring_.push_back(hash);
        } else {
            ring_[oldest_] = hash;
            oldest_ = (oldest_ + 1) % recent_max;
        }
    }
    const Digest& newest() const { return ring_[(oldest_ + ring_.size() - 1) % ring_.size()]; }
    bool contain(const Digest& hash) const {
        for (std::size_t i = ring_.size(); i-- > 0;) {
            if (ring_[(oldest_ + i) % ring_.size()] == hash) return true;
        }
        return false;
    }

  private:
    std::vector<Digest> ring_;
    std::size_t oldest_ = 0;
};

int distance(const Digest& a, const Digest& b) {
    int bits = 0;
    for (std::size_t i = 0; i < a.bytes.size(); ++i) bits += std::popcount(static_cast<unsigned char>(a.bytes[i] ^ b.bytes[i]));
    return bits;
}

// What the walks share: each of its functions makes one call at a time to whoever audits.
class Listener {
  public:
    Listener(const VerifyOptions& options, std::uint64_t total) : options_(options), total_(total) {}

    void count(std::uint64_t records) {
        const auto now = done_ += records;
        if (!options_.progress) return;
        const std::scoped_lock lock(mutex_);
        options_.progress(now, std::max(now, total_));
    }
    void passed(Partition partition, const ChainAnchor& record) {
        if (!options_.passed) return;
        const std::scoped_lock lock(mutex_);
        options_.passed(partition, record);
    }
    void found_void(const ScannedRecord& record) {
        if (!options_.on_void) return;
        const std::scoped_lock lock(mutex_);
        options_.on_void(record);
    }
    bool ended() const { return options_.stop.stop_requested(); }

  private:
    const VerifyOptions& options_;
    const std::uint64_t total_;
    std::atomic<std::uint64_t> done_{0};
    std::mutex mutex_;
};

// A void record whose `prev` was not among the newest hashes, and which record was probably changed if it is nowhere.
struct Stray {
    Offset offset;
    Digest prev;
    Offset suspect;
};

class Walk {
  public:
    Walk(ports::Log& log, Partition partition, std::optional<ChainAnchor> anchor, std::optional<ChainAnchor> since, Listener& listener)
        : log_(log),
          anchor_(std::move(anchor)),
          since_(since && since->offset.number >= 0 ? since : std::nullopt),
          listener_(listener),
          recent_(since_ ? since_->hash : chain::genesis(log.identity().id, partition)) {
        verdict_.partition = partition;
        // What was vouched for by an audit that went further needs no second look.
        if (since_ && anchor_ && anchor_->offset < since_->offset) anchor_.reset();
        if (since_ && anchor_ && *anchor_ == *since_) verdict_.vouched = anchor_->offset;
    }

    PartitionVerdict run() {
        const auto end = log_.end(verdict_.partition);
        if (!end) {
            blame({0}, end.error().message);
            return verdict_;
        }
        read_up_to(*end);
        if (misses_anchor()) blame(anchor_->offset, "the record is not the one that was accepted here before");
        if (anchor_ && verdict_.end <= anchor_->offset && !cut_short_) blame(verdict_.end, "the log ends here, but the record at offset " + std::to_string(anchor_->offset.number) + " was accepted before");
        explain_strays();
        return verdict_;
    }

  private:
    bool misses_anchor() const { return anchor_ && !verdict_.vouched && verdict_.end > anchor_->offset; }

    void read_up_to(Offset end) {
        auto reader = ChainReader::open(log_, verdict_.partition, since_);
        if (!reader) return blame(since_ ? since_->offset : Offset{0}, reader.error().message);
        verdict_.end = reader->next();
        while (reader->next() < end) {
            const auto shown = reader->scan(end, limits::log_read_bytes_max, {}, [this](const ScannedRecord& record) -> Result<bool> {
                see(record);
                return true;
            });
            if (!shown) {
                blame(reader->halted_at().value_or(reader->next()), shown.error().message);
                break;
            }
            listener_.count(*shown);
            if (*shown == 0) break;
            verdict_.end = reader->next();
            tell_passed(reader->anchor());
            cut_short_ = listener_.ended() && reader->next() < end;
            if (cut_short_) break;
        }
        if (reader->next() < end && !verdict_.bad && !cut_short_) blame(reader->next(), "the log gives no record here, though it is longer");
        verdict_.end = reader->next();
        verdict_.void_records = reader->void_count();
        verdict_.head = reader->anchor();
        if (reader->seal() != nullptr) verdict_.seal = *reader->seal();
    }

    // What may still be blamed has not passed.
    void tell_passed(const ChainAnchor& record) {
        if (strays_.empty() && !misses_anchor() && record.offset.number >= 0) listener_.passed(verdict_.partition, record);
    }

    void see(const ScannedRecord& record) {
        ++verdict_.records;
        if (record.verdict == chain::Verdict::accepted) {
            ++verdict_.accepted;
            if (anchor_ && record.position.offset == anchor_->offset && record.hash == anchor_->hash) verdict_.vouched = record.position.offset;
        } else {
            listener_.found_void(record);
            see_void(record.position.offset, chain::parse_header(record.bytes)->prev);
        }
        recent_.add(record.hash);
    }

    void see_void(Offset offset, const Digest& prev) {
        if (recent_.contain(prev)) return;
        const bool own_prev_changed = distance(prev, recent_.newest()) <= changed_bits_max;
        const Offset before{std::max<std::int64_t>(offset.number - 1, 0)};
        if (strays_.size() < limits::log_read_records_max) strays_.push_back({offset, prev, own_prev_changed ? offset : before});
    }

    // An owner that stalled for long may have extended a head of long ago: only now is the whole partition searched for it.
    void explain_strays() {
        if (strays_.empty()) return;
        std::set<Digest> wanted;
        for (const auto& stray : strays_) wanted.insert(stray.prev);
        for (Offset at{0}; at < verdict_.end;) {
            const auto next = log_.visit(verdict_.partition, at, limits::log_read_bytes_max, [&](Offset, std::string_view bytes) {
                wanted.erase(sha256(bytes));
                return true;
            });
            if (!next || *next == at) break;
            at = *next;
        }
        for (const auto& stray : strays_) {
            if (!wanted.contains(stray.prev)) continue;
            blame(stray.suspect, "the record at offset " + std::to_string(stray.offset.number) + " extends one that was never written: this record was changed since");
            return;
        }
    }

    // The first bad position counts.
    void blame(Offset offset, const std::string& reason) {
        if (verdict_.bad && *verdict_.bad <= offset) return;
        verdict_.bad = offset;
        verdict_.reason = reason;
    }

    ports::Log& log_;
    std::optional<ChainAnchor> anchor_;
    std::optional<ChainAnchor> since_;
    Listener& listener_;
    bool cut_short_ = false;
    PartitionVerdict verdict_;
    RecentHashes recent_;
    std::vector<Stray> strays_;
};

bool is_left_out(const VerifyOptions& options, std::uint32_t number) { return options.only && options.only->number != number; }

template <class Anchors>
std::optional<ChainAnchor> anchor_of(const Anchors& anchors, std::uint32_t number) {
    return number < anchors.size() ? anchors[number] : std::nullopt;
}

// Of what will be read.
std::uint64_t count_records(ports::Log& log, const VerifyOptions& options) {
    std::uint64_t total = 0;
    for (std::uint32_t number = 0; number < log.identity().partitions; ++number) {
        if (is_left_out(options, number)) continue;
        const auto end = log.end({number});
        const auto since = anchor_of(options.since, number);
        const std::int64_t begin = since ? since->offset.number + 1 : 0;
        if (end) total += static_cast<std::uint64_t>(std::max<std::int64_t>(end->number - begin, 0));
    }
    return total;
}

}  // namespace

bool LogVerdict::sound() const {
    return std::ranges::none_of(partitions, [](const auto& partition) { return partition.bad.has_value(); });
}

std::uint64_t LogVerdict::records() const {
    std::uint64_t sum = 0;
    for (const auto& partition : partitions) sum += partition.records;
    return sum;
}

LogVerdict verify_log(ports::Log& log, const VerifyOptions& options) {
    const auto partitions = log.identity().partitions;
    LogVerdict verdict{std::vector<PartitionVerdict>(partitions)};
    Listener listener(options, options.progress ? count_records(log, options) : 0);
    std::atomic<std::uint32_t> next{0};
    const auto work = [&] {
        for (auto number = next++; number < partitions; number = next++) {
            verdict.partitions[number].partition = {number};
            if (listener.ended() || is_left_out(options, number)) continue;
            verdict.partitions[number] = Walk(log, {number}, anchor_of(options.anchors, number), anchor_of(options.since, number), listener).run();
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::min(options.parallelism, partitions); ++i) threads.emplace_back(work);
    work();
    for (auto& thread : threads) thread.join();
    listener.count(0);
    verdict.interrupted = listener.ended();
    return verdict;
}

}  // namespace granary
