// What becomes of a store that can be made again (StoreOptions::derived) when its files turn out to be damaged.
#pragma once

#include <rocksdb/listener.h>
#include <rocksdb/status.h>

#include <memory>
#include <optional>
#include <string>

#include "platform/adapters/rocksdb/rocks_store.hpp"

namespace granary::rocks {

// The files are not what was written, or one of them is missing.
bool is_damage(const ::rocksdb::Status& status);

// Leaves a mark for the next open and ends the process, if this is damage of a derived store. Thread-safe.
void end_if_damaged(const StoreOptions& options, const ::rocksdb::Status& status);

// The same for what RocksDB finds in the background.
std::shared_ptr<::rocksdb::EventListener> make_damage_listener(const StoreOptions& options);

// Why a process ended over the files in this folder; nothing when none did.
std::optional<std::string> found_damage(const std::string& path);

// Removes all files of the store, so that an empty one can be made; cut short at any point, it is begun again by the next open.
// conflict: another process has the store open.
Status remove_damaged(const std::string& path, const std::string& why);

}  // namespace granary::rocks
