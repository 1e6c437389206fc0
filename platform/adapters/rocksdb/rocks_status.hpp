// RocksDB's statuses as faults; for this folder's sources only.
#pragma once

#include <rocksdb/status.h>

#include <string_view>

#include "core/result.hpp"

namespace granary::rocks {

// `doing` says what was tried: "can't write to the log".
Fault fault_of(const rocksdb::Status& status, std::string_view doing);
std::unexpected<Fault> unexpected_of(const rocksdb::Status& status, std::string_view doing);
// Success or the fault.
Status to_status(const rocksdb::Status& status, std::string_view doing);

}  // namespace granary::rocks
