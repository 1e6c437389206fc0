// Names and retry rule of fault codes.
#include "core/result.hpp"

namespace granary {

std::string_view name_of(FaultCode code) {
    switch (code) {
        case FaultCode::invalid_argument: return "invalid_argument";
        case FaultCode::not_found: return "not_found";
        case FaultCode::corrupt: return "corrupt";
        case FaultCode::halted: return "halted";
        case FaultCode::unavailable: return "unavailable";
        case FaultCode::timed_out: return "timed_out";
        case FaultCode::disk_full: return "disk_full";
        case FaultCode::io_error: return "io_error";
        case FaultCode::conflict: return "conflict";
        case FaultCode::unsupported: return "unsupported";
    }
    return "unknown";
}

bool Fault::retryable() const {
    return code == FaultCode::unavailable || code == FaultCode::timed_out || code == FaultCode::disk_full;
}

}  // namespace granary
