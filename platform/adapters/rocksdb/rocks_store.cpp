// The store port over Database.
#include "platform/adapters/rocksdb/rocks_store.hpp"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "platform/adapters/rocksdb/rocks_database.hpp"
#include "platform/adapters/rocksdb/rocks_loader.hpp"
#include "platform/adapters/rocksdb/rocks_status.hpp"

namespace granary::rocks {
namespace {

// A snapshot keeps the handles of its tables, so that a table dropped later stays readable through it.
class RocksSnapshot : public ports::StoreSnapshot {
  public:
    explicit RocksSnapshot(std::shared_ptr<Database> database) : database_(std::move(database)) {
        // A read-only instance never changes, and RocksDB has no snapshots of it.
        tables_ = database_->tables();
        if (!database_->read_only()) snapshot_ = database_->db().GetSnapshot();
    }
    ~RocksSnapshot() override {
        if (snapshot_ != nullptr) database_->db().ReleaseSnapshot(snapshot_);
    }
    RocksSnapshot(const RocksSnapshot&) = delete;
    RocksSnapshot& operator=(const RocksSnapshot&) = delete;

    Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override {
        const auto found = tables_.find(table);
        if (found == tables_.end()) return no_table(table);
        return get_from(*database_, *found->second, snapshot_, key);
    }
    Status scan(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        return walk(table, from, to, visit, false);
    }
    Status scan_back(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        return walk(table, from, to, visit, true);
    }

  private:
    static std::unexpected<Fault> no_table(std::string_view table) { return fault(FaultCode::not_found, "there is no table " + std::string(table)); }
    Status walk(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit, bool backwards) const {
        const auto found = tables_.find(table);
        if (found == tables_.end()) return no_table(table);
        return scan_table(*database_, *found->second, snapshot_, from, to, visit, backwards);
    }

    std::shared_ptr<Database> database_;
    Handles tables_;
    const ::rocksdb::Snapshot* snapshot_ = nullptr;
};

[[noreturn]] void end_process(const StoreOptions& options, const ::rocksdb::Status& why) {
    const std::string words = "the store in " + options.path + " can't go on: " + why.ToString() + "; the process ends, a restart reads what is on disk";
    if (options.last_words) options.last_words(words);
    std::fprintf(stderr, "granary: %s\n", words.c_str());
    std::abort();
}

class RocksStore : public ports::Store {
  public:
    explicit RocksStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

    std::vector<std::string> tables() const override {
        std::vector<std::string> names;
        for (const auto& [name, handle] : database_->tables()) names.push_back(name);
        return names;
    }
    Status create_table(std::string_view table) override {
        if (auto room = find_room(); !room) return room;
        return database_->create_table(table);
    }
    Status drop_table(std::string_view table) override { return database_->drop_table(table); }

    Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override {
        const auto handle = database_->table(table);
        if (!handle) return std::unexpected(handle.error());
        return get_from(*database_, **handle, nullptr, key);
    }
    Result<std::vector<std::optional<std::string>>> get_many(std::string_view table, const std::vector<std::string>& keys) const override;
    Status scan(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        return walk(table, from, to, visit, false);
    }
    Status scan_back(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        return walk(table, from, to, visit, true);
    }
    std::unique_ptr<ports::StoreSnapshot> snapshot() const override { return std::make_unique<RocksSnapshot>(database_); }
    Status write(const ports::StoreBatch& batch, ports::Durability durability) override;
    Status forget_old_values(std::string_view table, std::string_view key) override;
    Result<std::unique_ptr<ports::StoreLoader>> load(std::string_view table) override;

  private:
    Status find_room() const;
    Status walk(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit, bool backwards) const {
        const auto handle = database_->table(table);
        if (!handle) return std::unexpected(handle.error());
        return scan_table(*database_, **handle, nullptr, from, to, visit, backwards);
    }

    std::shared_ptr<Database> database_;
};

Result<std::vector<std::optional<std::string>>> RocksStore::get_many(std::string_view table, const std::vector<std::string>& keys) const {
    const auto handle = database_->table(table);
    if (!handle) return std::unexpected(handle.error());
    std::vector<::rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<::rocksdb::PinnableSlice> found(keys.size());
    std::vector<::rocksdb::Status> statuses(keys.size());
    database_->db().MultiGet(::rocksdb::ReadOptions(), handle->get(), slices.size(), slices.data(), found.data(), statuses.data());
    std::vector<std::optional<std::string>> values(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (statuses[i].ok()) {
            values[i].emplace(found[i].data(), found[i].size());
        } else if (!statuses[i].IsNotFound()) {
            database_->notice(statuses[i]);
            return unexpected_of(statuses[i], "can't read the table " + std::string(table));
        }
    }
    return values;
}

// Without room nothing is begun: after a write that failed RocksDB can't go on, and a store must recover by itself.
Status RocksStore::find_room() const {
    const auto& options = database_->options();
    if (!options.disk) return {};
    const auto free = options.disk->free_bytes();
    if (free && *free >= options.disk_free_min_bytes) return {};
    return fault(FaultCode::disk_full, "the disk of " + options.path + " is full; free some space");
}

// By table and key, those of one key as they came: neighbours go into a memtable far faster than keys at random.
std::vector<const ports::StoreBatch::Change*> in_order(const ports::StoreBatch& batch) {
    std::vector<const ports::StoreBatch::Change*> sorted;
    sorted.reserve(batch.changes.size());
    for (const auto& change : batch.changes) sorted.push_back(&change);
    std::ranges::stable_sort(sorted, [](const auto* a, const auto* b) {
        const int tables = a->table.compare(b->table);
        return tables != 0 ? tables < 0 : a->key < b->key;
    });
    return sorted;
}

Status RocksStore::write(const ports::StoreBatch& batch, ports::Durability durability) {
    if (database_->read_only()) return fault(FaultCode::unsupported, "the store is open for reading only");
    if (auto room = find_room(); !room) return room;
    const std::shared_lock lock(database_->tables_mutex());
    ::rocksdb::WriteBatch changes;
    ::rocksdb::ColumnFamilyHandle* handle = nullptr;
    const std::string* table = nullptr;  // of the change before
    for (const auto* at : in_order(batch)) {
        const auto& change = *at;
        if (table == nullptr || *table != change.table) handle = database_->find_locked(change.table);
        if (handle == nullptr) return fault(FaultCode::not_found, "there is no table " + change.table);
        table = &change.table;
        const auto added = change.value ? changes.Put(handle, change.key, *change.value) : changes.Delete(handle, change.key);
        if (!added.ok()) return to_status(added, "can't make a batch");
    }
    ::rocksdb::WriteOptions how;
    how.sync = durability == ports::Durability::device;
    const auto written = database_->db().Write(how, &changes);
    if (written.IsIOError()) end_process(database_->options(), written);
    database_->notice(written);
    if (written.ok() && how.sync) database_->remember(changes);
    return to_status(written, "can't write to the store");
}

// A log of writes lives until all that it holds is in tables, so all of them are flushed; then the key's range is merged
// down to the lowest level, even where nothing else calls for it.
Status RocksStore::forget_old_values(std::string_view table, std::string_view key) {
    if (database_->read_only()) return fault(FaultCode::unsupported, "the store is open for reading only");
    if (auto room = find_room(); !room) return room;
    const auto handle = database_->table(table);
    if (!handle) return std::unexpected(handle.error());
    const auto flushed = database_->flush();
    if (flushed.IsIOError()) end_process(database_->options(), flushed);
    if (!flushed.ok()) return to_status(flushed, "can't flush the store");
    ::rocksdb::CompactRangeOptions how;
    how.bottommost_level_compaction = ::rocksdb::BottommostLevelCompaction::kForce;
    const ::rocksdb::Slice slice(key.data(), key.size());
    return to_status(database_->db().CompactRange(how, handle->get(), &slice, &slice), "can't compact the table " + std::string(table));
}

Result<std::unique_ptr<ports::StoreLoader>> RocksStore::load(std::string_view table) {
    if (database_->read_only()) return fault(FaultCode::unsupported, "the store is open for reading only");
    if (auto room = find_room(); !room) return std::unexpected(std::move(room.error()));
    auto handle = database_->table(table);
    if (!handle) return std::unexpected(handle.error());
    return std::make_unique<RocksLoader>(database_, std::move(*handle));
}

Result<std::unique_ptr<ports::Store>> open_as(const StoreOptions& options, bool read_only) {
    auto database = Database::open(options, read_only);
    if (!database) return std::unexpected(std::move(database.error()));
    return std::make_unique<RocksStore>(std::move(*database));
}

}  // namespace

Result<std::unique_ptr<ports::Store>> open_store(const StoreOptions& options) { return open_as(options, false); }

Result<std::unique_ptr<ports::Store>> open_store_read_only(const StoreOptions& options) { return open_as(options, true); }

}  // namespace granary::rocks
