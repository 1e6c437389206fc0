// The log's two halves: callers queue and read, one writer thread stores groups and delivers them.
#include "platform/adapters/rocksdb/embedded_log.hpp"

#include <pthread.h>
#include <fcntl.h>
#include <rocksdb/write_batch.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "core/digest.hpp"
#include "core/mutants.hpp"
#include "platform/adapters/rocksdb/disk_watch.hpp"
#include "platform/adapters/rocksdb/high_water_mark.hpp"
#include "platform/adapters/rocksdb/log_database.hpp"
#include "platform/adapters/rocksdb/log_identity.hpp"
#include "platform/adapters/rocksdb/log_queue.hpp"
#include "platform/adapters/rocksdb/tail_cache.hpp"
#include "platform/adapters/system/durable_folder.hpp"

namespace granary::rocks {
namespace {

using ports::DeliveryOutcome;
using ports::LogDelivery;

std::vector<Offset> ends_of(const Marks& marks) {
    std::vector<Offset> ends;
    for (const auto& mark : marks) ends.push_back(mark.end);
    return ends;
}

// One group on its way to the disk.
struct Group {
    rocksdb::WriteBatch batch;
    std::vector<LogDelivery> deliveries;
    std::vector<StoredRecord> stored;
    std::vector<Partition> touched;
};

class EmbeddedLog : public ports::Log {
  public:
    EmbeddedLog(LogOptions options, ports::LogIdentity identity, PosixFile lock, std::unique_ptr<LogDatabase> database, HighWaterMark mark)
        : options_(std::move(options)),
          identity_(identity),
          lock_(std::move(lock)),
          database_(std::move(database)),
          mark_(std::move(mark)),
          marks_(mark_.marks()),
          tail_(ends_of(marks_), options_.tail_cache_bytes),
          queue_(options_.queue_records_max, options_.queue_bytes_max),
          disk_(options_.disk, options_.disk_free_min_bytes, options_.disk_check_interval),
          writer_([this] { run(); }) {}

    ~EmbeddedLog() override {
        queue_.close();
        writer_.join();
        database_->flush();
    }
    EmbeddedLog(const EmbeddedLog&) = delete;
    EmbeddedLog& operator=(const EmbeddedLog&) = delete;

    ports::LogIdentity identity() const override { return identity_; }
    Status append(std::vector<ports::LogAppend> appends) override;
    Result<ports::LogPage> read(Partition partition, Offset from, std::size_t bytes_max) override;
    Result<Offset> visit(Partition partition, Offset from, std::size_t bytes_max, const ports::LogVisitor& visit) override;
    Result<Offset> end(Partition partition) override;
    // One queue, one writer thread, whole groups; what a caller would chain to is refused with the call.
    bool stores_prefixes() const override { return true; }
    Offset heard_end(Partition partition) const override;
    void observe(ports::LogObserver& observer) override;
    void stop_observing(ports::LogObserver& observer) override;

  private:
    Result<std::optional<Offset>> on_disk(Partition partition, Offset from, std::size_t bytes_max, ports::LogPage& page);
    void run();
    Group gather(std::vector<ports::LogAppend>& appends);
    void store(Group& group);
    void report(const Group& group);
    void end_process_unless(const Status& done);

    const LogOptions options_;
    const ports::LogIdentity identity_;
    const PosixFile lock_;
    const std::unique_ptr<LogDatabase> database_;
    HighWaterMark mark_;  // the writer thread's, like marks_
    Marks marks_;
    TailCache tail_;
    LogQueue queue_;
    DiskWatch disk_;
    std::mutex observers_mutex_;
    std::vector<ports::LogObserver*> observers_;
    std::thread writer_;
};

Status EmbeddedLog::append(std::vector<ports::LogAppend> appends) {
    for (const auto& append : appends) {
        if (append.partition.number >= identity_.partitions) return fault(FaultCode::invalid_argument, "the log has no partition " + std::to_string(append.partition.number));
    }
    if (appends.empty()) return {};
    if (disk_.low()) return fault(FaultCode::disk_full, "the disk of " + options_.path + " is nearly full; free some space");
    return queue_.push(std::move(appends));
}

void EmbeddedLog::run() {
    pthread_setname_np(pthread_self(), "log writer");
    static const std::function<void()> nothing;
    std::vector<ports::LogAppend> appends;
    while (queue_.take(appends, options_.probe ? options_.probe->before_group : nothing)) {
        Group group = gather(appends);
        appends.clear();
        store(group);
        report(group);
    }
}

Group EmbeddedLog::gather(std::vector<ports::LogAppend>& appends) {
    Group group;
    std::vector<const SharedBytes*> last(identity_.partitions, nullptr);
    for (auto& append : appends) {
        LogDelivery delivery{append.partition, append.token, DeliveryOutcome::stored, {}, {}};
        if (append.record.size() > limits::record_bytes_max) {
            delivery.outcome = DeliveryOutcome::refused;
            delivery.fault = {FaultCode::invalid_argument, "the record is larger than a record may be"};
            group.deliveries.push_back(std::move(delivery));
            continue;
        }
        auto& mark = marks_[append.partition.number];
        delivery.offset = mark.end;
        mark.end = mark.end.next();
        const auto added = group.batch.Put(log_key(append.partition, delivery.offset), rocksdb::Slice(append.record.view().data(), append.record.size()));
        if (!added.ok()) end_process_unless(fault(FaultCode::io_error, "can't gather a group: " + added.ToString()));
        if (last[append.partition.number] == nullptr) group.touched.push_back(append.partition);
        last[append.partition.number] = &append.record;
        group.deliveries.push_back(std::move(delivery));
    }
    for (const auto partition : group.touched) marks_[partition.number].head = sha256(last[partition.number]->view());
    for (std::size_t i = 0; i < appends.size(); ++i) {
        if (group.deliveries[i].outcome == DeliveryOutcome::stored) group.stored.push_back({appends[i].partition, std::move(appends[i].record)});
    }
    return group;
}

// Records first, then the mark: a mark that is ahead of the log would refuse a sound log after a crash between the two.
void EmbeddedLog::store(Group& group) {
    if (group.stored.empty()) return;
    if (GRANARY_MUTANT(mark_before_records)) end_process_unless(mark_.write(marks_));
    end_process_unless(database_->write(group.batch));
    if (!GRANARY_MUTANT(mark_before_records)) end_process_unless(mark_.write(marks_));
    tail_.publish(group.stored);
}

void EmbeddedLog::report(const Group& group) {
    const std::scoped_lock lock(observers_mutex_);
    for (auto* observer : observers_) {
        observer->delivered(group.deliveries);
        if (!group.touched.empty()) observer->grown(group.touched);
    }
}

// The page cache may call clean what never reached the disk, so nothing may be tried again in this process.
void EmbeddedLog::end_process_unless(const Status& done) {
    if (done) return;
    const std::string words = "the log in " + options_.path + " can't go on: " + done.error().message + "; the process ends, a restart reads what is on disk";
    if (options_.last_words) options_.last_words(words);
    std::fprintf(stderr, "granary: %s\n", words.c_str());
    std::abort();
}

// The end of the partition, when what stands at `from` is no longer in memory; nullopt when the page has it.
Result<std::optional<Offset>> EmbeddedLog::on_disk(Partition partition, Offset from, std::size_t bytes_max, ports::LogPage& page) {
    if (partition.number >= identity_.partitions || from.number < 0) return fault(FaultCode::invalid_argument, "no such partition or offset");
    page.next = from;
    if (tail_.read(partition, from, bytes_max, page)) return std::nullopt;
    if (from > page.end) {
        return fault(FaultCode::corrupt, "partition " + std::to_string(partition.number) + " ends at offset " + std::to_string(page.end.number) + ", before " + std::to_string(from.number));
    }
    return page.end;
}

Result<ports::LogPage> EmbeddedLog::read(Partition partition, Offset from, std::size_t bytes_max) {
    ports::LogPage page;
    const auto end = on_disk(partition, from, bytes_max, page);
    if (!end) return std::unexpected(end.error());
    if (!*end) return page;
    auto records = database_->read(partition, from, **end, bytes_max);
    if (!records) return std::unexpected(std::move(records.error()));
    page.records = std::move(*records);
    page.next = page.records.back().offset.next();
    return page;
}

Result<Offset> EmbeddedLog::visit(Partition partition, Offset from, std::size_t bytes_max, const ports::LogVisitor& visit) {
    ports::LogPage page;
    const auto end = on_disk(partition, from, bytes_max, page);
    if (!end) return std::unexpected(end.error());
    return *end ? database_->visit(partition, from, **end, bytes_max, visit) : show(page, visit);
}

Result<Offset> EmbeddedLog::end(Partition partition) {
    if (partition.number >= identity_.partitions) return fault(FaultCode::invalid_argument, "no such partition");
    return tail_.end(partition);
}

Offset EmbeddedLog::heard_end(Partition partition) const { return partition.number < identity_.partitions ? tail_.end(partition) : Offset{0}; }

void EmbeddedLog::observe(ports::LogObserver& observer) {
    const std::scoped_lock lock(observers_mutex_);
    observers_.push_back(&observer);
}

void EmbeddedLog::stop_observing(ports::LogObserver& observer) {
    const std::scoped_lock lock(observers_mutex_);
    std::erase(observers_, &observer);
}

// Looks at the log without changing a byte of it: a writer's recovery would delete what a repair could still use.
Status inspect(const LogOptions& options, Uuid log_id, const Marks& marks) {
    const auto database = LogDatabase::open(options, log_id, LogDatabase::Mode::inspector);
    if (!database) return std::unexpected(database.error());
    return check_against_marks(**database, options.path, marks, DamagedRecords::refuse);
}

}  // namespace

Status create_log(const LogOptions& options, const ports::LogIdentity& identity) {
    if (identity.id.is_nil() || identity.partitions == 0 || identity.partitions > limits::partitions_max) {
        return fault(FaultCode::invalid_argument, "a log needs an id and 1 to " + std::to_string(limits::partitions_max) + " partitions");
    }
    if (auto made = make_durable_folder(options.path); !made) return made;
    std::error_code error;
    if (std::filesystem::exists(identity_path(options.path), error)) return fault(FaultCode::conflict, "there is a log in " + options.path + " already");
    {
        const auto database = LogDatabase::open(options, identity.id, LogDatabase::Mode::writer);
        if (!database) return std::unexpected(database.error());
        if (!(*database)->is_empty()) return fault(FaultCode::corrupt, options.path + " holds records but no identity; restore the file " + identity_path(options.path));
    }
    if (auto made = HighWaterMark::create(options.path, identity); !made) return made;
    // Last, so that a creation that was cut short is none.
    return write_identity(options.path, identity);
}

Status make_live(const std::string& path) {
    const auto identity = read_identity(path);
    if (!identity) return std::unexpected(identity.error());
    if (identity->place.is_nil()) return fault(FaultCode::invalid_argument, "the log in " + path + " is no copy");
    return write_live(path, identity->place);
}

Result<std::unique_ptr<ports::Log>> open_log(const LogOptions& options) {
    const auto identity = read_identity(options.path);
    if (!identity) return std::unexpected(identity.error());
    // Its name is synced again: whoever made it may have been cut off, and then all that is acknowledged from here on would go with it.
    if (auto named = make_durable_folder(options.path); !named) return std::unexpected(std::move(named.error()));
    auto lock = PosixFile::open(identity_path(options.path), O_RDONLY);
    if (!lock) return std::unexpected(std::move(lock.error()));
    if (auto locked = lock->lock(); !locked) return std::unexpected(std::move(locked.error()));
    auto mark = HighWaterMark::open(options.path, *identity, options.probe);
    if (!mark) return std::unexpected(std::move(mark.error()));
    if (auto sound = inspect(options, identity->id, mark->marks()); !sound) return std::unexpected(std::move(sound.error()));
    auto database = LogDatabase::open(options, identity->id, LogDatabase::Mode::writer);
    if (!database) return std::unexpected(std::move(database.error()));
    // Recovery has made everything it found durable: from here on all of it counts as stored.
    const auto marks = (*database)->marks(identity->partitions);
    if (!marks) return std::unexpected(marks.error());
    if (auto written = mark->write(*marks); !written) return std::unexpected(std::move(written.error()));
    return std::make_unique<EmbeddedLog>(options, *identity, std::move(*lock), std::move(*database), std::move(*mark));
}

}  // namespace granary::rocks
