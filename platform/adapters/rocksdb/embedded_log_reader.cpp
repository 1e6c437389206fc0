// Reading a log beside the process that writes it.
#include <mutex>
#include <utility>

#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "platform/adapters/rocksdb/high_water_mark.hpp"
#include "platform/adapters/rocksdb/log_database.hpp"
#include "platform/adapters/rocksdb/log_identity.hpp"

namespace granary::rocks {
namespace {

constexpr int looks_max = 3;

// Shows more whenever somebody asks for an end, or reads at the one it knows.
class EmbeddedLogReader : public ports::Log {
  public:
    EmbeddedLogReader(ports::LogIdentity identity, std::unique_ptr<LogDatabase> database, std::vector<Offset> ends)
        : identity_(identity), database_(std::move(database)), ends_(std::move(ends)) {}

    ports::LogIdentity identity() const override { return identity_; }
    Status append(std::vector<ports::LogAppend>) override { return fault(FaultCode::unsupported, "the log is open for reading only"); }
    Result<ports::LogPage> read(Partition partition, Offset from, std::size_t bytes_max) override;
    Result<Offset> visit(Partition partition, Offset from, std::size_t bytes_max, const ports::LogVisitor& visit) override;
    Result<Offset> end(Partition partition) override;
    Offset heard_end(Partition partition) const override;
    bool stores_prefixes() const override { return true; }  // as the log itself; see there
    void observe(ports::LogObserver&) override {}
    void stop_observing(ports::LogObserver&) override {}

  private:
    Result<Offset> end_beyond(Partition partition, Offset from);
    template <class Read>
    auto read_again(Read read) -> decltype(read());
    Result<Offset> newest_end(Partition partition, std::optional<Offset> enough);

    const ports::LogIdentity identity_;
    const std::unique_ptr<LogDatabase> database_;
    mutable std::mutex mutex_;
    std::vector<Offset> ends_;
};

// The known end if it lies beyond `enough`, else what the log holds by now.
Result<Offset> EmbeddedLogReader::newest_end(Partition partition, std::optional<Offset> enough) {
    const std::scoped_lock lock(mutex_);
    auto& known = ends_[partition.number];
    if (enough && known > *enough) return known;
    if (auto caught_up = database_->catch_up(); !caught_up) return std::unexpected(std::move(caught_up.error()));
    const auto now = database_->end(partition);
    if (!now && now.error().code == FaultCode::corrupt) return known;  // reading on will name the position
    if (!now) return now;
    if (*now < known) {
        return fault(FaultCode::corrupt, "partition " + std::to_string(partition.number) + " ended at offset " + std::to_string(known.number) + " and now ends at " + std::to_string(now->number));
    }
    known = *now;
    return known;
}

// The end up to which may be read from there.
Result<Offset> EmbeddedLogReader::end_beyond(Partition partition, Offset from) {
    if (partition.number >= identity_.partitions || from.number < 0) return fault(FaultCode::invalid_argument, "no such partition or offset");
    const auto known = newest_end(partition, from);
    if (known && from > *known) {
        return fault(FaultCode::corrupt, "partition " + std::to_string(partition.number) + " ends at offset " + std::to_string(known->number) + ", before " + std::to_string(from.number));
    }
    return known;
}

// A follower reads the list of files first and the logs of writes afterwards: what a flush moved from one to the other in between is in neither,
// until it looks again. Damage is damage each time.
template <class Read>
auto EmbeddedLogReader::read_again(Read read) -> decltype(read()) {
    auto got = read();
    for (int look = 1; !got && got.error().code == FaultCode::corrupt && look < looks_max; ++look) {
        {
            const std::scoped_lock lock(mutex_);
            if (auto caught_up = database_->catch_up(); !caught_up) return std::unexpected(std::move(caught_up.error()));
        }
        got = read();
    }
    return got;
}

Result<ports::LogPage> EmbeddedLogReader::read(Partition partition, Offset from, std::size_t bytes_max) {
    const auto known = end_beyond(partition, from);
    if (!known) return std::unexpected(known.error());
    ports::LogPage page{{}, from, *known};
    if (from == page.end) return page;
    auto records = read_again([&] { return database_->read(partition, from, page.end, bytes_max); });
    if (!records) return std::unexpected(std::move(records.error()));
    page.records = std::move(*records);
    page.next = page.records.back().offset.next();
    return page;
}

Result<Offset> EmbeddedLogReader::visit(Partition partition, Offset from, std::size_t bytes_max, const ports::LogVisitor& visit) {
    const auto known = end_beyond(partition, from);
    if (!known || from == *known) return known;
    return read_again([&] { return database_->visit(partition, from, *known, bytes_max, visit); });
}

Result<Offset> EmbeddedLogReader::end(Partition partition) {
    if (partition.number >= identity_.partitions) return fault(FaultCode::invalid_argument, "no such partition");
    return newest_end(partition, std::nullopt);
}

Offset EmbeddedLogReader::heard_end(Partition partition) const {
    if (partition.number >= identity_.partitions) return {0};
    const std::scoped_lock lock(mutex_);
    return ends_[partition.number];
}

}  // namespace

Result<std::unique_ptr<ports::Log>> open_log_read_only(const std::string& path) {
    const auto identity = read_identity(path);
    if (!identity) return std::unexpected(identity.error());
    // The mark first: whatever it names was in the log before.
    const auto marks = HighWaterMark::read(path, *identity);
    if (!marks) return std::unexpected(marks.error());
    LogOptions options;
    options.path = path;
    auto database = LogDatabase::open(options, identity->id, LogDatabase::Mode::follower);
    if (!database) return std::unexpected(std::move(database.error()));
    auto sound = check_against_marks(**database, path, *marks, DamagedRecords::pass);
    for (int look = 1; !sound && look < looks_max; ++look) {  // see read_again
        if (auto caught_up = (*database)->catch_up(); !caught_up) return std::unexpected(std::move(caught_up.error()));
        sound = check_against_marks(**database, path, *marks, DamagedRecords::pass);
    }
    if (!sound) return std::unexpected(std::move(sound.error()));
    std::vector<Offset> ends;
    for (std::uint32_t number = 0; number < identity->partitions; ++number) {
        const auto end = (*database)->end({number});
        if (!end && end.error().code != FaultCode::corrupt) return std::unexpected(end.error());
        // Damage near the end hides where the end is; up to the mark there must be records.
        ends.push_back(end ? *end : (*marks)[number].end);
    }
    return std::make_unique<EmbeddedLogReader>(*identity, std::move(*database), std::move(ends));
}

}  // namespace granary::rocks
