// Tables as column families; every read checks RocksDB's block checksums.
#include "platform/adapters/rocksdb/rocks_store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "platform/adapters/rocksdb/rocks_status.hpp"

namespace granary::rocks {
namespace {

using rocksdb::ColumnFamilyHandle;
using rocksdb::Slice;

// A column family's handle lives as long as anybody uses it, so that a dropped table does not vanish under a reader.
using Family = std::shared_ptr<ColumnFamilyHandle>;

rocksdb::ColumnFamilyOptions family_options(const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::ColumnFamilyOptions family;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.format_version = 5;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    family.write_buffer_size = options.write_buffer_bytes;
    family.compression = rocksdb::kLZ4Compression;
    family.level_compaction_dynamic_level_bytes = true;
    family.memtable_whole_key_filtering = true;
    family.memtable_prefix_bloom_size_ratio = 0.02;
    return family;
}

rocksdb::DBOptions db_options(const StoreOptions& options) {
    rocksdb::DBOptions db;
    db.create_if_missing = true;
    db.create_missing_column_families = true;
    db.max_background_jobs = 2;
    db.max_bgerror_resume_count = 0;
    db.bytes_per_sync = 1024UL * 1024;
    db.wal_bytes_per_sync = 1024UL * 1024;
    db.max_total_wal_size = 256UL * 1024 * 1024;
    db.keep_log_file_num = 2;
    db.info_log_level = rocksdb::WARN_LEVEL;
    db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.write_buffers_total_bytes);
    return db;
}

Status walk(rocksdb::Iterator& at, const StoreOptions&, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) {
    for (at.Seek(Slice(from.data(), from.size())); at.Valid(); at.Next()) {
        const auto key = at.key().ToStringView();
        if (!to.empty() && key >= to) break;
        if (!visit(key, at.value().ToStringView())) return {};
    }
    return to_status(at.status(), "can't scan the store");
}

Status walk_back(rocksdb::Iterator& at, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) {
    if (to.empty()) {
        at.SeekToLast();
    } else {
        at.SeekForPrev(Slice(to.data(), to.size()));
        if (at.Valid() && at.key().ToStringView() == to) at.Prev();
    }
    for (; at.Valid(); at.Prev()) {
        const auto key = at.key().ToStringView();
        if (key < from) break;
        if (!visit(key, at.value().ToStringView())) return {};
    }
    return to_status(at.status(), "can't scan the store");
}

// The open database with its families; snapshots and loaders share it.
class Database {
  public:
    Database(StoreOptions options, std::shared_ptr<rocksdb::Cache> cache, std::unique_ptr<rocksdb::DB> db, const std::vector<ColumnFamilyHandle*>& handles)
        : options_(std::move(options)), cache_(std::move(cache)), db_(std::move(db)) {
        for (auto* handle : handles) families_[handle->GetName()] = own(handle);
    }
    ~Database() {
        families_.clear();
        const auto closed = db_->Close();
        (void)closed;  // everything that matters was written with the durability its caller asked for
    }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    rocksdb::DB& db() const { return *db_; }
    const StoreOptions& options() const { return options_; }

    Family family(std::string_view table) const {
        const std::shared_lock lock(mutex_);
        const auto found = families_.find(table);
        return found == families_.end() ? nullptr : found->second;
    }

    std::vector<std::string> names() const {
        const std::shared_lock lock(mutex_);
        std::vector<std::string> names;
        for (const auto& [name, handle] : families_) {
            if (name != rocksdb::kDefaultColumnFamilyName) names.push_back(name);
        }
        return names;
    }

    Status create(std::string_view table) {
        const std::unique_lock lock(mutex_);
        if (families_.contains(table)) return {};
        ColumnFamilyHandle* handle = nullptr;
        const auto status = db_->CreateColumnFamily(family_options(options_, cache_), std::string(table), &handle);
        if (!status.ok()) return unexpected_of(status, "can't create the table " + std::string(table));
        families_[std::string(table)] = own(handle);
        return {};
    }

    Status drop(std::string_view table) {
        const std::unique_lock lock(mutex_);
        const auto found = families_.find(table);
        if (found == families_.end() || table == rocksdb::kDefaultColumnFamilyName) return fault(FaultCode::not_found, "there is no table " + std::string(table));
        const auto status = db_->DropColumnFamily(found->second.get());
        if (!status.ok()) return unexpected_of(status, "can't drop the table " + std::string(table));
        families_.erase(found);
        return {};
    }

  private:
    Family own(ColumnFamilyHandle* handle) {
        return {handle, [db = db_.get()](ColumnFamilyHandle* h) { (void)db->DestroyColumnFamilyHandle(h); }};
    }

    const StoreOptions options_;
    const std::shared_ptr<rocksdb::Cache> cache_;
    std::unique_ptr<rocksdb::DB> db_;
    mutable std::shared_mutex mutex_;
    std::map<std::string, Family, std::less<>> families_;
};

std::unexpected<Fault> no_table(std::string_view table) { return fault(FaultCode::not_found, "there is no table " + std::string(table)); }

Result<std::optional<std::string>> get_from(const Database& database, const rocksdb::ReadOptions& read, std::string_view table, std::string_view key) {
    const auto family = database.family(table);
    if (!family) return no_table(table);
    rocksdb::PinnableSlice value;
    const auto status = database.db().Get(read, family.get(), Slice(key.data(), key.size()), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return unexpected_of(status, "can't read the store");
    return value.ToString();
}

Status scan_from(const Database& database, const rocksdb::ReadOptions& read, std::string_view table, std::string_view from, std::string_view to, bool back,
                 const ports::StoreVisitor& visit) {
    const auto family = database.family(table);
    if (!family) return no_table(table);
    const std::unique_ptr<rocksdb::Iterator> at(database.db().NewIterator(read, family.get()));
    return back ? walk_back(*at, from, to, visit) : walk(*at, database.options(), from, to, visit);
}

class RocksSnapshot : public ports::StoreSnapshot {
  public:
    explicit RocksSnapshot(std::shared_ptr<Database> database) : database_(std::move(database)), snapshot_(database_->db().GetSnapshot()) { read_.snapshot = snapshot_; }
    ~RocksSnapshot() override { database_->db().ReleaseSnapshot(snapshot_); }
    RocksSnapshot(const RocksSnapshot&) = delete;
    RocksSnapshot& operator=(const RocksSnapshot&) = delete;

    Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override { return get_from(*database_, read_, table, key); }
    Status scan(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        return scan_from(*database_, read_, table, from, to, false, visit);
    }
    Status scan_back(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        return scan_from(*database_, read_, table, from, to, true, visit);
    }

  private:
    std::shared_ptr<Database> database_;
    const rocksdb::Snapshot* snapshot_;
    rocksdb::ReadOptions read_;
};

// One sorted file per load, moved into the table when it is finished.
class RocksLoader : public ports::StoreLoader {
  public:
    RocksLoader(std::shared_ptr<Database> database, Family family, std::string path)
        : database_(std::move(database)), family_(std::move(family)), path_(std::move(path)), writer_(rocksdb::EnvOptions(), database_->db().GetOptions(family_.get()), family_.get()) {}
    ~RocksLoader() override {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    RocksLoader(const RocksLoader&) = delete;
    RocksLoader& operator=(const RocksLoader&) = delete;

    Status open() { return to_status(writer_.Open(path_), "can't write the file " + path_); }

    Status add(std::string_view key, std::string_view value) override {
        if (entries_ > 0 && key <= last_key_) return fault(FaultCode::invalid_argument, "keys must ascend");
        const auto status = writer_.Put(Slice(key.data(), key.size()), Slice(value.data(), value.size()));
        if (!status.ok()) return unexpected_of(status, "can't write the file " + path_);
        last_key_ = key;
        ++entries_;
        return {};
    }

    Status finish() override {
        if (entries_ == 0) return {};  // an empty file is refused by RocksDB, and there is nothing to move
        const auto written = writer_.Finish();
        if (!written.ok()) return unexpected_of(written, "can't finish the file " + path_);
        rocksdb::IngestExternalFileOptions ingest;
        ingest.move_files = true;
        return to_status(database_->db().IngestExternalFile(family_.get(), {path_}, ingest), "can't take in the file " + path_);
    }

  private:
    std::shared_ptr<Database> database_;
    Family family_;
    const std::string path_;
    rocksdb::SstFileWriter writer_;
    std::string last_key_;
    std::size_t entries_ = 0;
};

class RocksStore : public ports::Store {
  public:
    explicit RocksStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

    std::vector<std::string> tables() const override { return database_->names(); }
    Status create_table(std::string_view table) override { return database_->create(table); }
    Status drop_table(std::string_view table) override { return database_->drop(table); }
    Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override { return get_from(*database_, {}, table, key); }
    Result<std::vector<std::optional<std::string>>> get_many(std::string_view table, const std::vector<std::string>& keys) const override;
    Status scan(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        return scan_from(*database_, {}, table, from, to, false, visit);
    }
    Status scan_back(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        return scan_from(*database_, {}, table, from, to, true, visit);
    }
    std::unique_ptr<ports::StoreSnapshot> snapshot() const override { return std::make_unique<RocksSnapshot>(database_); }
    Status write(const ports::StoreBatch& batch, ports::Durability durability) override;
    Result<std::unique_ptr<ports::StoreLoader>> load(std::string_view table) override;

  private:
    std::shared_ptr<Database> database_;
    std::mutex load_mutex_;
    std::uint64_t loads_ = 0;
};

Result<std::vector<std::optional<std::string>>> RocksStore::get_many(std::string_view table, const std::vector<std::string>& keys) const {
    const auto family = database_->family(table);
    if (!family) return no_table(table);
    std::vector<Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    database_->db().MultiGet({}, family.get(), keys.size(), slices.data(), values.data(), statuses.data());
    std::vector<std::optional<std::string>> answers(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (statuses[i].IsNotFound()) continue;
        if (!statuses[i].ok()) return unexpected_of(statuses[i], "can't read the store");
        answers[i] = values[i].ToString();
    }
    return answers;
}

Status RocksStore::write(const ports::StoreBatch& batch, ports::Durability durability) {
    rocksdb::WriteBatch changes;
    std::string_view last_name;
    Family family;
    std::vector<Family> kept;  // handles must outlive the write
    for (const auto& change : batch.changes) {
        if (!family || change.table != last_name) {
            family = database_->family(change.table);
            if (!family) return no_table(change.table);
            last_name = change.table;
            kept.push_back(family);
        }
        const auto status = change.value ? changes.Put(family.get(), change.key, *change.value) : changes.Delete(family.get(), change.key);
        if (!status.ok()) return unexpected_of(status, "can't gather a write");
    }
    rocksdb::WriteOptions options;
    options.sync = durability == ports::Durability::device;
    return to_status(database_->db().Write(options, &changes), "can't write to the store");
}

Result<std::unique_ptr<ports::StoreLoader>> RocksStore::load(std::string_view table) {
    const auto family = database_->family(table);
    if (!family) return no_table(table);
    const std::scoped_lock lock(load_mutex_);
    auto loader = std::make_unique<RocksLoader>(database_, family, database_->options().path + "/load-" + std::string(table) + "-" + std::to_string(++loads_) + ".sst");
    if (auto opened = loader->open(); !opened) return std::unexpected(opened.error());
    return loader;
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors_of(const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache, std::vector<std::string> names) {
    if (names.empty()) names.push_back(rocksdb::kDefaultColumnFamilyName);
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const auto& name : names) descriptors.emplace_back(name, family_options(options, cache));
    return descriptors;
}

Result<std::unique_ptr<ports::Store>> open_database(const StoreOptions& options, bool read_only) {
    const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
    const auto db_settings = db_options(options);
    std::vector<std::string> names;
    const auto listed = rocksdb::DB::ListColumnFamilies(db_settings, options.path, &names);
    if (!listed.ok() && std::filesystem::exists(options.path + "/CURRENT")) return unexpected_of(listed, "can't open the store " + options.path);
    const auto descriptors = descriptors_of(options, cache, names);
    std::vector<ColumnFamilyHandle*> handles;
    rocksdb::DB* raw = nullptr;
    const auto opened = read_only ? rocksdb::DB::OpenForReadOnly(db_settings, options.path, descriptors, &handles, &raw)
                                  : rocksdb::DB::Open(db_settings, options.path, descriptors, &handles, &raw);
    if (!opened.ok()) return unexpected_of(opened, "can't open the store " + options.path);
    return std::make_unique<RocksStore>(std::make_shared<Database>(options, cache, std::unique_ptr<rocksdb::DB>(raw), handles));
}

}  // namespace

Result<std::unique_ptr<ports::Store>> open_store(const StoreOptions& options) {
    std::error_code error;
    std::filesystem::create_directories(options.path, error);
    if (error) return fault(FaultCode::io_error, "can't make the folder " + options.path + ": " + error.message());
    return open_database(options, false);
}

Result<std::unique_ptr<ports::Store>> open_store_read_only(const StoreOptions& options) { return open_database(options, true); }

}  // namespace granary::rocks
