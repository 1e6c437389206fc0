// Opening, settings and tables of a store's RocksDB.
#include "platform/adapters/rocksdb/rocks_database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "core/mutants.hpp"
#include "platform/adapters/rocksdb/file_openers.hpp"
#include "platform/adapters/rocksdb/rocks_status.hpp"
#include "platform/adapters/system/durable_folder.hpp"

namespace granary::rocks {

// Flushes and compactions come when they like, and some before the mark is kept: what they did is noted when it is.
class ManifestListener : public ::rocksdb::EventListener {
  public:
    void tell(std::shared_ptr<StoreMark> mark) {
        const std::scoped_lock lock(mutex_);
        mark_ = std::move(mark);
    }
    const char* Name() const override { return "granary.manifest"; }
    void OnFlushCompleted(::rocksdb::DB*, const ::rocksdb::FlushJobInfo&) override { note(); }
    void OnCompactionCompleted(::rocksdb::DB*, const ::rocksdb::CompactionJobInfo&) override { note(); }

  private:
    void note() {
        std::unique_lock lock(mutex_);
        const auto mark = mark_;
        lock.unlock();
        if (mark) mark->note_manifest();
    }

    std::mutex mutex_;
    std::shared_ptr<StoreMark> mark_;
};

namespace {

// Opening beside a writer can meet a file that it just replaced.
constexpr int open_attempts_max = 5;
constexpr auto open_pause = std::chrono::milliseconds(20);

constexpr std::uint64_t flush_at_close_bytes = std::uint64_t{8} << 20;  // less is read back in no time

::rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const ::rocksdb::Slice& text) { return {text.data(), text.size()}; }

struct SharedWriteBuffers final : WriteBuffers {
    explicit SharedWriteBuffers(std::size_t total_bytes) : watch(std::make_shared<::rocksdb::WriteBufferManager>(total_bytes)) {}
    std::size_t used() const override { return watch->memory_usage(); }

    std::shared_ptr<::rocksdb::WriteBufferManager> watch;
};

::rocksdb::Options settings_for(const StoreOptions& options) {
    ::rocksdb::Options settings;
    settings.create_if_missing = true;
    settings.paranoid_checks = true;
    settings.max_bgerror_resume_count = 0;  // after a failed write or sync the page cache can't be believed: reopen instead
    settings.wal_recovery_mode = ::rocksdb::WALRecoveryMode::kPointInTimeRecovery;  // the store may lose its unsynced end: it is folded again
    if (GRANARY_MUTANT(holes_skipped)) settings.wal_recovery_mode = ::rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    settings.max_background_jobs = 2;
    if (const auto shared = std::dynamic_pointer_cast<SharedWriteBuffers>(options.write_buffers)) settings.write_buffer_manager = shared->watch;
    settings.db_write_buffer_size = options.write_buffers_total_bytes;
    settings.write_buffer_size = options.write_buffer_bytes;
    settings.max_total_wal_size = options.write_buffers_total_bytes * 2;
    settings.memtable_whole_key_filtering = true;
    settings.memtable_prefix_bloom_size_ratio = 0.02;
    settings.level_compaction_dynamic_level_bytes = true;
    settings.compression_per_level = {::rocksdb::kNoCompression, ::rocksdb::kNoCompression, ::rocksdb::kLZ4Compression};
    settings.bytes_per_sync = std::size_t{1} << 20;
    settings.max_file_opening_threads = file_openers;
    settings.keep_log_file_num = 3;
    settings.max_log_file_size = std::size_t{4} << 20;
    settings.info_log_level = ::rocksdb::InfoLogLevel::WARN_LEVEL;
    settings.stats_dump_period_sec = 0;
    ::rocksdb::BlockBasedTableOptions table;
    table.block_cache = ::rocksdb::NewLRUCache(options.block_cache_bytes);
    table.filter_policy.reset(::rocksdb::NewBloomFilterPolicy(10));
    table.cache_index_and_filter_blocks = true;  // so that they count against the cache's bound
    // In pieces: a filter of a large file is a megabyte, and one that fell out of the cache was read and checked whole for each look-up.
    table.index_type = ::rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.cache_index_and_filter_blocks_with_high_priority = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.format_version = 5;
    settings.table_factory.reset(::rocksdb::NewBlockBasedTableFactory(table));
    return settings;
}

std::set<std::string> logs_of_writes(const std::string& path) {
    std::set<std::string> logs;
    std::error_code error;
    for (std::filesystem::directory_iterator file(path, error), end; !error && file != end; file.increment(error)) {
        if (file->path().extension() == ".log") logs.insert(file->path().filename());
    }
    return logs;
}

// The list of tables and files reaches as far as it did.
Status hold_manifest(const std::string& path, const ManifestExtent& claimed) {
    if (claimed.number == 0) return {};
    auto extent = read_manifest_extent(path);
    for (int attempt = 1; !extent && extent.error().code == FaultCode::not_found && attempt < open_attempts_max; ++attempt) extent = read_manifest_extent(path);
    if (!extent && extent.error().code == FaultCode::not_found) extent.error().code = FaultCode::corrupt;
    if (!extent) return std::unexpected(std::move(extent.error()));
    if (!extent->behind(claimed) || GRANARY_MUTANT(store_mark_unchecked)) return {};
    if (extent->number == 0) return fault(FaultCode::corrupt, "the store in " + path + " has lost its file CURRENT");
    const auto told = [](const ManifestExtent& of) { return std::to_string(of.bytes) + " bytes of MANIFEST " + std::to_string(of.number); };
    return fault(FaultCode::corrupt, "the store in " + path + " has lost the end of its list of files: " + told(claimed) + " were acknowledged, and " + told(*extent) + " can be read");
}

// A file that another names and that is not there is damage, too.
std::unexpected<Fault> open_failed(const ::rocksdb::Status& status, const std::string& doing) {
    auto why = fault_of(status, doing);
    if (is_damage(status)) why.code = FaultCode::corrupt;
    return std::unexpected(std::move(why));
}

}  // namespace

std::shared_ptr<WriteBuffers> share_write_buffers(std::size_t total_bytes) { return std::make_shared<SharedWriteBuffers>(total_bytes); }

Database::Database(const StoreOptions& options, bool read_only) : options_(options), read_only_(read_only), settings_(settings_for(options)) {
    if (read_only_) settings_.create_if_missing = false;
    // A reader keeps every file open, so that it can go on when the writer deletes some; the writer's handles are bounded.
    settings_.max_open_files = read_only_ ? -1 : 1024;
    if (!read_only_) settings_.listeners.push_back(manifest_listener_ = std::make_shared<ManifestListener>());
    if (options_.derived && options_.mends && !read_only_) settings_.listeners.push_back(make_damage_listener(options_));
}

Database::~Database() {
    flush_much();
    if (mark_) {
        // RocksDB tells nobody of what it ends while it closes.
        ::rocksdb::CancelAllBackgroundWork(db_.get(), true);
        note_files();
    }
    tables_.clear();
}

// What stays in memory is read out of the log of writes at the next start, one entry at a time: seconds, after a busy day.
void Database::flush_much() {
    if (read_only_ || !db_) return;
    std::uint64_t bytes = 0;
    if (!db_->GetAggregatedIntProperty(::rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes) || bytes < flush_at_close_bytes) return;
    (void)flush();  // else the log of writes still has it
}

::rocksdb::Status Database::flush() {
    const auto kept = tables();
    std::vector<::rocksdb::ColumnFamilyHandle*> all{db_->DefaultColumnFamily()};
    for (const auto& [name, each] : kept) all.push_back(each.get());
    return db_->Flush(::rocksdb::FlushOptions(), all);
}

Result<std::shared_ptr<Database>> Database::open(const StoreOptions& options, bool read_only) {
    const bool repairs = options.derived && options.mends && !read_only && !GRANARY_MUTANT(damage_kept);
    auto why = options.derived && !read_only ? found_damage(options.path) : std::nullopt;
    if (why && !repairs && !GRANARY_MUTANT(damage_kept)) return fault(FaultCode::corrupt, "the store in " + options.path + " is damaged: " + *why + "; nothing is lost, the server makes it afresh when it starts");
    if (!repairs) why.reset();
    if (!why) {
        auto opened = open_once(options, read_only);
        if (opened || opened.error().code != FaultCode::corrupt) return opened;
        if (!repairs) {
            opened.error().message += options.derived ? "; nothing is lost, the server makes it afresh when it starts" : "; restore it from a copy";
            return opened;
        }
        why = opened.error().message;
    }
    if (auto removed = remove_damaged(options.path, *why); !removed) return std::unexpected(std::move(removed.error()));
    if (options.begun_afresh) options.begun_afresh(*why);
    return open_once(options, read_only);
}

Result<std::shared_ptr<Database>> Database::open_once(const StoreOptions& options, bool read_only) {
    std::shared_ptr<Database> database(new Database(options, read_only));
    std::error_code error;
    if (read_only) {
        if (!std::filesystem::exists(options.path + "/CURRENT", error)) return fault(FaultCode::not_found, "there is no store in " + options.path);
    } else {
        if (auto made = make_durable_folder(options.path); !made) return std::unexpected(std::move(made.error()));
        std::filesystem::remove_all(options.path + "/loading", error);  // what loaders of a killed process left
        std::filesystem::create_directories(options.path + "/loading", error);
        if (error) return fault(FaultCode::io_error, "can't make the folder " + options.path + "/loading: " + error.message());
    }
    auto opened = database->open_whole();
    for (int attempt = 1; read_only && !opened && attempt < open_attempts_max; ++attempt) {
        if (opened.error().code == FaultCode::unavailable) std::this_thread::sleep_for(open_pause);
        opened = database->open_whole();
    }
    if (!opened) return std::unexpected(std::move(opened.error()));
    return database;
}

Status Database::open_whole() {
    // In this order: what a running server writes meanwhile is behind all of it, and opening for writing begins a new MANIFEST.
    const auto claimed = StoreMark::read(options_.path);
    if (!claimed) return std::unexpected(claimed.error());
    if (auto held = hold_manifest(options_.path, claimed->manifest); !held) return held;
    if (auto opened = read_only_ ? open_files_beside_writer() : open_files(); !opened) return opened;
    const std::uint64_t latest = db_->GetLatestSequenceNumber();
    if (!options_.derived && latest < claimed->sequence && !GRANARY_MUTANT(store_mark_unchecked)) {
        return fault(FaultCode::corrupt, "the store in " + options_.path + " has lost its end: of " + std::to_string(claimed->sequence) + " changes that were acknowledged it holds " + std::to_string(latest));
    }
    return read_only_ ? Status() : keep_mark(latest);
}

Status Database::keep_mark(std::uint64_t latest) {
    auto opened = StoreMark::open(options_.path);
    if (!opened) return std::unexpected(std::move(opened.error()));
    mark_ = std::move(*opened);
    if (!options_.derived) mark_->raise(latest);
    manifest_listener_->tell(mark_);
    note_files();
    return {};
}

// A batch that was written begins with its own sequence number and how many it takes, little-endian: what others have on their way
// meanwhile may be ahead of it and not synced.
void Database::remember(const ::rocksdb::WriteBatch& synced) {
    if (options_.derived || synced.Count() == 0) return;
    const std::string& bytes = synced.Data();
    std::uint64_t sequence = 0;
    for (std::size_t i = sizeof(sequence); i-- > 0;) sequence = sequence << 8 | static_cast<unsigned char>(bytes[i]);
    if (sequence != 0) mark_->raise(sequence + synced.Count() - 1);
}

// RocksDB reads the list of files first and looks for logs of writes afterwards. A log whose rows a flush moved to a table in between is in
// neither, and RocksDB takes the gap for none. One that is still there was there all the time.
Status Database::open_files_beside_writer() {
    const auto before = logs_of_writes(options_.path);
    if (auto opened = open_files(); !opened) return opened;
    const auto after = logs_of_writes(options_.path);
    if (std::ranges::includes(after, before)) return {};
    return fault(FaultCode::unavailable, "the store in " + options_.path + " moved its rows while it was opened; ask again");
}

Status Database::open_files() {
    tables_.clear();
    db_.reset();
    std::vector<std::string> names;
    const auto listed = ::rocksdb::DB::ListColumnFamilies(settings_, options_.path, &names);
    if (!listed.ok()) {
        std::error_code error;
        if (std::filesystem::exists(options_.path + "/CURRENT", error)) return open_failed(listed, "can't read the tables of the store " + options_.path);
        names = {::rocksdb::kDefaultColumnFamilyName};
    }
    std::vector<::rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const auto& name : names) descriptors.emplace_back(name, settings_);
    std::vector<::rocksdb::ColumnFamilyHandle*> handles;
    ::rocksdb::DB* db = nullptr;
    const auto opened = read_only_ ? ::rocksdb::DB::OpenForReadOnly(settings_, options_.path, descriptors, &handles, &db)
                                   : ::rocksdb::DB::Open(settings_, options_.path, descriptors, &handles, &db);
    if (!opened.ok()) return open_failed(opened, "can't open the store " + options_.path);
    db_.reset(db);
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto owned = own(handles[i]);
        if (names[i] != ::rocksdb::kDefaultColumnFamilyName) tables_.emplace(names[i], std::move(owned));
    }
    return {};
}

Handle Database::own(::rocksdb::ColumnFamilyHandle* handle) {
    return {handle, [db = db_.get()](::rocksdb::ColumnFamilyHandle* owned) { db->DestroyColumnFamilyHandle(owned); }};
}

::rocksdb::Options Database::table_options() const { return settings_; }

::rocksdb::ColumnFamilyHandle* Database::find_locked(std::string_view name) const {
    const auto found = tables_.find(name);
    return found == tables_.end() ? nullptr : found->second.get();
}

Result<Handle> Database::table(std::string_view name) const {
    const std::shared_lock lock(tables_mutex_);
    const auto found = tables_.find(name);
    if (found == tables_.end()) return fault(FaultCode::not_found, "there is no table " + std::string(name));
    return found->second;
}

Handles Database::tables() const {
    const std::shared_lock lock(tables_mutex_);
    return tables_;
}

Status Database::create_table(std::string_view name) {
    if (read_only_) return fault(FaultCode::unsupported, "the store is open for reading only");
    if (name.empty() || name == ::rocksdb::kDefaultColumnFamilyName) return fault(FaultCode::invalid_argument, "a table can't be called '" + std::string(name) + "'");
    const std::scoped_lock lock(tables_mutex_);
    if (tables_.contains(name)) return {};
    ::rocksdb::ColumnFamilyHandle* handle = nullptr;
    const auto created = db_->CreateColumnFamily(settings_, std::string(name), &handle);
    if (!created.ok()) return to_status(created, "can't create the table " + std::string(name));
    tables_.emplace(std::string(name), own(handle));
    note_files();
    return {};
}

Status Database::drop_table(std::string_view name) {
    if (read_only_) return fault(FaultCode::unsupported, "the store is open for reading only");
    const std::scoped_lock lock(tables_mutex_);
    const auto found = tables_.find(name);
    if (found == tables_.end()) return fault(FaultCode::not_found, "there is no table " + std::string(name));
    const auto dropped = db_->DropColumnFamily(found->second.get());
    if (!dropped.ok()) return to_status(dropped, "can't drop the table " + std::string(name));
    tables_.erase(found);
    note_files();
    return {};
}

std::string Database::next_load_file() { return options_.path + "/loading/" + std::to_string(load_files_++) + ".sst"; }

Status scan_table(Database& database, ::rocksdb::ColumnFamilyHandle& table, const ::rocksdb::Snapshot* snapshot, std::string_view from, std::string_view to,
                  const ports::StoreVisitor& visit, bool backwards) {
    if (!to.empty() && to <= from) return {};
    const ::rocksdb::Slice lower = slice(from);
    const ::rocksdb::Slice upper = slice(to);
    ::rocksdb::ReadOptions how;
    how.snapshot = snapshot;
    if (GRANARY_MUTANT(rows_unchecked)) how.verify_checksums = false;
    if (!from.empty()) how.iterate_lower_bound = &lower;
    if (!to.empty()) how.iterate_upper_bound = &upper;
    const std::unique_ptr<::rocksdb::Iterator> at(database.db().NewIterator(how, &table));
    if (backwards) {
        for (at->SeekToLast(); at->Valid() && visit(view(at->key()), view(at->value())); at->Prev()) {}
    } else {
        for (at->SeekToFirst(); at->Valid() && visit(view(at->key()), view(at->value())); at->Next()) {}
    }
    database.notice(at->status());
    return to_status(at->status(), "can't read the table " + table.GetName());
}

Result<std::optional<std::string>> get_from(Database& database, ::rocksdb::ColumnFamilyHandle& table, const ::rocksdb::Snapshot* snapshot, std::string_view key) {
    ::rocksdb::ReadOptions how;
    how.snapshot = snapshot;
    std::string value;
    const auto got = database.db().Get(how, &table, slice(key), &value);
    if (got.IsNotFound()) return std::optional<std::string>();
    database.notice(got);
    if (!got.ok()) return unexpected_of(got, "can't read the table " + table.GetName());
    return std::optional<std::string>(std::move(value));
}

}  // namespace granary::rocks
