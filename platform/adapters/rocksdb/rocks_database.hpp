// An open RocksDB with its tables, shared by the store, its snapshots and its loaders. Seen only inside this folder.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "platform/adapters/rocksdb/damaged_store.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/adapters/rocksdb/store_mark.hpp"

namespace granary::rocks {

class ManifestListener;

using Handle = std::shared_ptr<::rocksdb::ColumnFamilyHandle>;
using Handles = std::map<std::string, Handle, std::less<>>;

// Thread-safe. A dropped table's handle keeps its data readable until the last holder lets go of it.
class Database {
  public:
    static Result<std::shared_ptr<Database>> open(const StoreOptions& options, bool read_only);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    ::rocksdb::DB& db() const { return *db_; }
    bool read_only() const { return read_only_; }
    const StoreOptions& options() const { return options_; }
    ::rocksdb::Options table_options() const;

    // not_found when there is no such table.
    Result<Handle> table(std::string_view name) const;
    Handles tables() const;
    Status create_table(std::string_view name);
    Status drop_table(std::string_view name);

    // Held shared by writers, so that no table disappears under a batch: RocksDB takes that for a broken database.
    std::shared_mutex& tables_mutex() const { return tables_mutex_; }
    // With tables_mutex held.
    ::rocksdb::ColumnFamilyHandle* find_locked(std::string_view name) const;

    // Of all tables, so that the log of writes can go.
    ::rocksdb::Status flush();

    // This batch was written and synced: an open that does not find it will say so, unless the store is derived.
    void remember(const ::rocksdb::WriteBatch& synced);

    // Tables or files of rows came: an open that does not find them will say so.
    void note_files() { mark_->note_manifest(); }

    // A file name for a loader, never given twice while the database is open.
    std::string next_load_file();

    // Ends the process when this says that the files of a derived store are damaged.
    void notice(const ::rocksdb::Status& status) const {
        if (!read_only_) end_if_damaged(options_, status);
    }

  private:
    Database(const StoreOptions& options, bool read_only);
    static Result<std::shared_ptr<Database>> open_once(const StoreOptions& options, bool read_only);
    Status open_whole();
    Status open_files();
    Status open_files_beside_writer();
    Status keep_mark(std::uint64_t latest);
    void flush_much();
    Handle own(::rocksdb::ColumnFamilyHandle* handle);

    const StoreOptions options_;
    const bool read_only_;
    ::rocksdb::Options settings_;
    std::unique_ptr<::rocksdb::DB> db_;
    std::shared_ptr<StoreMark> mark_;  // of a store that is written, from when it is open
    std::shared_ptr<ManifestListener> manifest_listener_;
    mutable std::shared_mutex tables_mutex_;
    Handles tables_;
    std::atomic<std::uint64_t> load_files_{0};
};

// Walks entries with from <= key < to (empty: the end) through the iterator's own bounds. With a null snapshot: as it is now.
Status scan_table(Database& database, ::rocksdb::ColumnFamilyHandle& table, const ::rocksdb::Snapshot* snapshot, std::string_view from, std::string_view to,
                  const ports::StoreVisitor& visit, bool backwards);
Result<std::optional<std::string>> get_from(Database& database, ::rocksdb::ColumnFamilyHandle& table, const ::rocksdb::Snapshot* snapshot, std::string_view key);

}  // namespace granary::rocks
