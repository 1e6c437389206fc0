// Settings, reading and the check against the high-water mark.
#include "platform/adapters/rocksdb/log_database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/chain.hpp"
#include "core/digest.hpp"
#include "core/mutants.hpp"
#include "platform/adapters/rocksdb/file_openers.hpp"
#include "platform/adapters/rocksdb/log_salvage.hpp"
#include "platform/adapters/rocksdb/rocks_status.hpp"
#include "platform/adapters/rocksdb/watched_files.hpp"

namespace granary::rocks {
namespace {

constexpr std::size_t partition_bytes = 4;
constexpr std::size_t key_bytes = 12;
// Opening beside a writer can meet a file that it just replaced.
constexpr int follower_attempts_max = 5;
constexpr std::size_t salvage_records_max = 1024;  // in one page
constexpr std::size_t read_ahead_bytes = std::size_t{1} << 20;

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

std::int64_t offset_in(std::string_view key) { return static_cast<std::int64_t>(big_endian(key.substr(partition_bytes))); }

bool is_of(std::string_view key, Partition partition) { return key.size() == key_bytes && big_endian(key.substr(0, partition_bytes)) == partition.number; }

void set_files(rocksdb::Options& settings, const LogOptions& options) {
    settings.write_buffer_size = options.write_buffer_bytes;
    settings.max_write_buffer_number = 3;
    settings.max_background_jobs = 2;
    settings.level0_file_num_compaction_trigger = 4;
    settings.max_bytes_for_level_base = options.write_buffer_bytes * 8;
    settings.target_file_size_base = options.write_buffer_bytes;
    settings.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kLZ4Compression};
    settings.ttl = 0;  // records never expire: rewriting old files gains nothing
    settings.bytes_per_sync = std::size_t{1} << 20;
    settings.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(partition_bytes));  // keys of a partition ascend
    settings.allow_concurrent_memtable_write = false;  // there is one writer; the hint needs it
    rocksdb::BlockBasedTableOptions table;
    // Damage is noticed by the block, and named by record with the help of the chain; large blocks are read in two thirds of the time.
    table.block_size = std::size_t{32} << 10;
    table.block_cache = rocksdb::NewLRUCache(std::size_t{16} << 20);
    table.format_version = 5;
    settings.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

// Point-in-time recovery, because the unsynced end of the write-ahead log may be torn in any way after a power loss, and a
// stricter mode would refuse to start for nothing. It stops as quietly at rot in the middle: that is what the high-water mark
// is compared for, before anything is opened for writing.
rocksdb::Options settings_for(const LogOptions& options, LogDatabase::Mode mode) {
    rocksdb::Options settings;
    set_files(settings, options);
    settings.create_if_missing = mode == LogDatabase::Mode::writer;
    settings.paranoid_checks = true;
    settings.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    settings.track_and_verify_wals_in_manifest = mode != LogDatabase::Mode::follower;  // a follower can't
    settings.max_bgerror_resume_count = 0;  // after a failed write nothing may be tried again
    settings.max_open_files = mode == LogDatabase::Mode::writer ? 512 : -1;  // a reader must hold what the writer may delete
    settings.max_file_opening_threads = file_openers;
    settings.keep_log_file_num = 3;
    settings.max_log_file_size = std::size_t{4} << 20;
    settings.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    settings.stats_dump_period_sec = 0;
    return settings;
}

Result<std::string> make_own_folder() {
    std::error_code error;
    std::string pattern = (std::filesystem::temp_directory_path(error) / "granary-log-reader-XXXXXX").string();
    if (error || ::mkdtemp(pattern.data()) == nullptr) return fault(FaultCode::io_error, "can't make a temporary folder " + pattern);
    return pattern;
}

std::string position_text(Partition partition, std::int64_t offset) { return text_of(Position{partition, {offset}}); }

// A record that should be there but is not, or can't be read.
Fault damage_at(Partition partition, Offset offset, const std::string& why) {
    return {FaultCode::corrupt, "partition " + std::to_string(partition.number) + " is damaged at position " + position_text(partition, offset.number) + ": " + why};
}

// Pages are read once, in order: large ones a megabyte at a time, and none through the cache.
rocksdb::ReadOptions page_read(std::size_t bytes_max) {
    rocksdb::ReadOptions how;
    how.fill_cache = false;
    if (bytes_max >= read_ahead_bytes) how.readahead_size = read_ahead_bytes;
    return how;
}

// A visitor that keeps what it is shown: `bytes_max`, and not more than so many records.
ports::LogVisitor keep(std::vector<ports::LogRecord>& records, std::size_t bytes_max, std::size_t records_max) {
    return [&records, bytes_max, records_max, bytes = std::size_t{0}](Offset offset, std::string_view record) mutable {
        records.push_back({offset, SharedBytes(std::string(record))});
        bytes += record.size();
        return records.size() < records_max && bytes < bytes_max;
    };
}

}  // namespace

std::string log_key(Partition partition, Offset offset) {
    std::string key;
    key.reserve(key_bytes);
    for (int shift = 24; shift >= 0; shift -= 8) key += static_cast<char>(partition.number >> shift & 0xFF);
    for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(static_cast<std::uint64_t>(offset.number) >> shift & 0xFF);
    return key;
}

Result<std::unique_ptr<LogDatabase>> LogDatabase::open(const LogOptions& options, Uuid log_id, Mode mode) {
    std::unique_ptr<LogDatabase> database(new LogDatabase(log_id));
    auto settings = settings_for(options, mode);
    if (options.probe) {
        database->env_ = make_watched_env(options.probe);
        settings.env = database->env_.get();
    }
    const std::string path = options.path + "/db";
    rocksdb::DB* db = nullptr;
    rocksdb::Status opened;
    switch (mode) {
        case Mode::writer: opened = rocksdb::DB::Open(settings, path, &db); break;
        case Mode::inspector: opened = rocksdb::DB::OpenForReadOnly(settings, path, &db); break;
        case Mode::follower: {
            auto folder = make_own_folder();
            if (!folder) return std::unexpected(std::move(folder.error()));
            database->own_folder_ = std::move(*folder);
            database->followed_.emplace(path);
            if (auto looked = database->followed_->look(); !looked) return std::unexpected(std::move(looked.error()));
            for (int attempt = 0; db == nullptr && attempt < follower_attempts_max; ++attempt) {
                opened = rocksdb::DB::OpenAsSecondary(settings, path, database->own_folder_, &db);
            }
            break;
        }
    }
    if (!opened.ok()) return unexpected_of(opened, "can't open the log in " + options.path);
    database->db_.reset(db);
    return database;
}

LogDatabase::~LogDatabase() {
    db_.reset();
    std::error_code ignored;
    if (!own_folder_.empty()) std::filesystem::remove_all(own_folder_, ignored);
}

bool LogDatabase::is_empty() const {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(rocksdb::ReadOptions()));
    at->SeekToFirst();
    return !at->Valid() && at->status().ok();
}

Result<Offset> LogDatabase::end(Partition partition) const {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(rocksdb::ReadOptions()));
    at->SeekForPrev(log_key(partition, {INT64_MAX}));
    if (!at->status().ok()) return unexpected_of(at->status(), "can't find the end of partition " + std::to_string(partition.number) + " (`granary log verify` finds what is damaged)");
    if (!at->Valid() || !is_of(at->key().ToStringView(), partition)) return Offset{0};
    return Offset{offset_in(at->key().ToStringView())}.next();
}

LogDatabase::Walked LogDatabase::walk(Partition partition, Offset from, Offset end, const rocksdb::ReadOptions& how, const ports::LogVisitor& visit) const {
    rocksdb::ReadOptions bounded = how;
    if (GRANARY_MUTANT(log_blocks_unchecked)) bounded.verify_checksums = false;
    const std::string upper = log_key(partition, end);
    const rocksdb::Slice bound(upper);
    bounded.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(bounded));
    Walked walked{from, {}};
    for (at->Seek(log_key(partition, from)); at->Valid() && walked.next < end; at->Next()) {
        if (!is_of(at->key().ToStringView(), partition) || offset_in(at->key().ToStringView()) != walked.next.number) break;
        walked.next = walked.next.next();
        if (!visit({walked.next.number - 1}, at->value().ToStringView())) return walked;
    }
    if (walked.next < end) walked.damage = at->status().ok() ? "the record is missing" : at->status().ToString();
    return walked;
}

Result<std::vector<ports::LogRecord>> LogDatabase::read(Partition partition, Offset from, Offset end, std::size_t bytes_max) const {
    std::vector<ports::LogRecord> records;
    const auto walked = walk(partition, from, end, page_read(bytes_max), keep(records, bytes_max, limits::log_read_records_max));
    // What is sound in front of damage is given first; the next page starts at the damage itself.
    if (walked.damage.empty() || !records.empty()) return records;
    return salvage(partition, from, end, bytes_max, walked.damage);
}

Result<Offset> LogDatabase::visit(Partition partition, Offset from, Offset end, std::size_t bytes_max, const ports::LogVisitor& visit) const {
    std::size_t bytes = 0;
    const auto walked = walk(partition, from, end, page_read(bytes_max), [&](Offset offset, std::string_view record) {
        bytes += record.size();
        return visit(offset, record) && bytes < bytes_max;
    });
    if (walked.damage.empty() || walked.next > from) return walked.next;
    const auto doubtful = salvage(partition, from, end, bytes_max, walked.damage);
    if (!doubtful) return std::unexpected(doubtful.error());
    for (const auto& record : *doubtful) {
        if (!visit(record.offset, record.bytes.view())) return record.offset.next();
    }
    return doubtful->back().offset.next();
}

// A checksum covers a whole block. Those of its records that the chain vouches for, there where they stand, are given as well, so that the
// damage is named by record.
Result<std::vector<ports::LogRecord>> LogDatabase::salvage(Partition partition, Offset from, Offset end, std::size_t bytes_max, const std::string& damage) const {
    constexpr auto reach = static_cast<std::int64_t>(salvage_reach);
    std::vector<ports::LogRecord> wanted;
    auto want = keep(wanted, bytes_max, salvage_records_max);
    bool wants_more = true;
    std::vector<DoubtfulRecord> doubtful;
    const auto take = [&](Offset offset, std::string_view bytes) {
        doubtful.push_back(look_at(offset, bytes));
        if (offset >= from && wants_more) wants_more = want(offset, bytes);
        return true;
    };
    const Offset upto{std::min(end.number, from.number + static_cast<std::int64_t>(salvage_records_max) + reach)};
    auto unchecked = page_read(limits::log_read_bytes_max);
    unchecked.verify_checksums = false;
    // Over what is missing in front: it ends a row, and another begins behind it.
    for (Offset at{std::max<std::int64_t>(0, from.number - reach)}; at <= from;) at = walk(partition, at, upto, unchecked, take).next.next();
    const auto sound = sound_ones(doubtful, chain::genesis(log_id_, partition), end);
    const auto first = static_cast<std::size_t>(std::ranges::find(doubtful, from, &DoubtfulRecord::offset) - doubtful.begin());
    std::size_t count = 0;
    while (count < wanted.size() && sound[first + count]) ++count;
    if (count == 0) return std::unexpected(damage_at(partition, from, damage));
    wanted.resize(count);
    return wanted;
}

Result<Marks> LogDatabase::marks(std::uint32_t partitions) const {
    Marks marks(partitions);
    for (std::uint32_t number = 0; number < partitions; ++number) {
        auto& mark = marks[number];
        const auto last = end({number});
        if (!last) return std::unexpected(last.error());
        mark.end = *last;
        if (mark.end.number == 0) continue;
        const auto record = read({number}, {mark.end.number - 1}, mark.end, 1);
        if (!record) return std::unexpected(record.error());
        mark.head = sha256(record->front().bytes.view());
    }
    return marks;
}

Status LogDatabase::write(rocksdb::WriteBatch& batch) {
    rocksdb::WriteOptions how;
    how.sync = !GRANARY_MUTANT(fsync_skipped);
    return to_status(db_->Write(how, &batch), "can't write to the log");
}

Status LogDatabase::catch_up() {
    if (auto looked = followed_->look(); !looked) return looked;
    return to_status(db_->TryCatchUpWithPrimary(), "can't read what was appended to the log");
}

void LogDatabase::flush() { (void)db_->Flush(rocksdb::FlushOptions()); }

Status check_against_marks(const LogDatabase& database, const std::string& path, const Marks& marks, DamagedRecords damaged_records) {
    for (std::uint32_t number = 0; number < marks.size(); ++number) {
        const auto& mark = marks[number];
        if (mark.end.number == 0 || GRANARY_MUTANT(mark_unchecked)) continue;
        const auto end = database.end({number});
        if (!end && end.error().code == FaultCode::corrupt && damaged_records == DamagedRecords::pass) continue;
        if (!end) return std::unexpected(end.error());
        const std::string last = position_text({number}, mark.end.number - 1);
        const std::string remedy = "; restore " + path + " from a copy that holds it, nothing was changed";
        if (*end < mark.end) {
            return fault(FaultCode::corrupt, "partition " + std::to_string(number) + " of the log ends before position " + position_text({number}, end->number) +
                                                 ", but records up to " + last + " were acknowledged: it was cut, or its newest bytes are damaged" + remedy);
        }
        const auto record = database.read({number}, {mark.end.number - 1}, mark.end, 1);
        if (!record && damaged_records == DamagedRecords::pass) continue;
        if (!record) return std::unexpected(record.error());
        if (sha256(record->front().bytes.view()) != mark.head) {
            return fault(FaultCode::corrupt, "the record at position " + last + " is not the one that was acknowledged" + remedy);
        }
    }
    return {};
}

}  // namespace granary::rocks
