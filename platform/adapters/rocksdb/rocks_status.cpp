// One switch from RocksDB's codes to ours.
#include "platform/adapters/rocksdb/rocks_status.hpp"

namespace granary::rocks {
namespace {

FaultCode code_of(const rocksdb::Status& status) {
    if (status.IsCorruption()) return FaultCode::corrupt;
    if (status.IsNotFound()) return FaultCode::not_found;
    if (status.IsNoSpace()) return FaultCode::disk_full;
    if (status.IsInvalidArgument()) return FaultCode::invalid_argument;
    if (status.IsNotSupported()) return FaultCode::unsupported;
    if (status.IsBusy() || status.IsTryAgain() || status.IsTimedOut()) return FaultCode::unavailable;
    if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) return FaultCode::conflict;
    return FaultCode::io_error;
}

}  // namespace

Fault fault_of(const rocksdb::Status& status, std::string_view doing) { return {code_of(status), std::string(doing) + ": " + status.ToString()}; }

std::unexpected<Fault> unexpected_of(const rocksdb::Status& status, std::string_view doing) { return std::unexpected(fault_of(status, doing)); }

Status to_status(const rocksdb::Status& status, std::string_view doing) {
    if (status.ok()) return {};
    return unexpected_of(status, doing);
}

}  // namespace granary::rocks
