// A file system for RocksDB that counts and fails the calls a LogProbe asks for. Seen only inside this folder.
#pragma once

#include <rocksdb/env.h>

#include <memory>

#include "platform/adapters/rocksdb/log_probe.hpp"

namespace granary::rocks {

// Must outlive the database that uses it.
std::unique_ptr<rocksdb::Env> make_watched_env(std::shared_ptr<LogProbe> probe);

}  // namespace granary::rocks
