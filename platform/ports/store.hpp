// An ordered key-value store with named tables: checkpoints, saga states and views are kept in it, which can be made again from the
// log; and keys, which can't. Adapters: memory, rocksdb.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace granary::ports {

// Changes that become visible, and survive a crash, together or not at all.
struct StoreBatch {
    struct Change {
        std::string table;
        std::string key;
        std::optional<std::string> value;  // nullopt deletes
    };
    std::vector<Change> changes;

    void put(std::string_view table, std::string key, std::string value) { changes.push_back({std::string(table), std::move(key), std::move(value)}); }
    void remove(std::string_view table, std::string key) { changes.push_back({std::string(table), std::move(key), std::nullopt}); }
    bool empty() const { return changes.empty(); }
};

enum class Durability {
    process,  // survives a crash of the process; after a power loss the store is some earlier prefix of its batches
    device,   // synced before the call returns
};

// Called per entry in key order; return false to stop.
using StoreVisitor = std::function<bool(std::string_view key, std::string_view value)>;

// A consistent read-only state of the whole store. May be used from another thread; drop it soon.
class StoreSnapshot {
  public:
    virtual ~StoreSnapshot() = default;
    virtual Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const = 0;
    // Entries with from <= key < to, ascending; an empty `to` means "to the table's end".
    virtual Status scan(std::string_view table, std::string_view from, std::string_view to, const StoreVisitor& visit) const = 0;
    // The same range, descending.
    virtual Status scan_back(std::string_view table, std::string_view from, std::string_view to, const StoreVisitor& visit) const = 0;
};

// Writes keys in ascending order, and gives them to a table all at once: the fast way to fill a view, which only one loader
// at a time does. Without a successful end nothing of it is in the table.
class StoreLoader {
  public:
    virtual ~StoreLoader() = default;
    // Keys strictly ascending, removals among them, else invalid_argument.
    virtual Status add(std::string_view key, std::string_view value) = 0;
    // What the table had under this key is gone.
    virtual Status remove(std::string_view key) = 0;
    // Afterwards all of it is in the table, durable. Once, and nothing is added after it.
    Status finish() { return finish_with({}); }
    // The same, together with these changes of other tables, or nothing of either. invalid_argument: a change of this table.
    virtual Status finish_with(const StoreBatch& changes) = 0;
};

// Thread-safe. not_found: the table does not exist. corrupt: a checksum did not match.
class Store {
  public:
    virtual ~Store() = default;

    virtual std::vector<std::string> tables() const = 0;
    // Does nothing if it exists.
    virtual Status create_table(std::string_view table) = 0;
    virtual Status drop_table(std::string_view table) = 0;

    virtual Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const = 0;
    // One answer per key, in order; cheaper than as many gets.
    virtual Result<std::vector<std::optional<std::string>>> get_many(std::string_view table, const std::vector<std::string>& keys) const = 0;
    virtual Status scan(std::string_view table, std::string_view from, std::string_view to, const StoreVisitor& visit) const = 0;
    virtual Status scan_back(std::string_view table, std::string_view from, std::string_view to, const StoreVisitor& visit) const = 0;
    virtual std::unique_ptr<StoreSnapshot> snapshot() const = 0;

    virtual Status write(const StoreBatch& batch, Durability durability) = 0;
    // Rewrites the files that hold this key, so that none of its older values is left in any file of the store. Slow: for
    // secrets that were overwritten or deleted to be gone. What the device keeps of deleted files is not the store's.
    virtual Status forget_old_values(std::string_view table, std::string_view key) = 0;
    virtual Result<std::unique_ptr<StoreLoader>> load(std::string_view table) = 0;
};

}  // namespace granary::ports
