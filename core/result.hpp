// Faults and results: how every fallible operation outside the pure decisions reports failure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace granary {

// What went wrong, as a closed set that callers switch over. Text of a fault is for people; code is for programs.
enum class FaultCode {
    invalid_argument,  // the caller broke the contract of the call; retrying changes nothing
    not_found,         // the named thing does not exist
    corrupt,           // stored or received bytes are not what was written
    halted,            // this partition or component stopped for good; an operator must act
    unavailable,       // a passing condition: overload, hand-over, no connection; retry after a while
    timed_out,         // the deadline passed and the outcome is unknown
    disk_full,         // free space is under the reserve
    io_error,          // the device or the operating system refused
    conflict,          // somebody else changed it first
    unsupported,       // a newer format, or a feature that is not built in
};

// Stable text of a fault code, as used in logs and metrics.
std::string_view name_of(FaultCode code);

struct Fault {
    FaultCode code = FaultCode::io_error;
    std::string message;  // plain English, no secrets, no personal data

    // True when the same call may succeed later without anybody's intervention.
    bool retryable() const;
};

template <class T>
using Result = std::expected<T, Fault>;
using Status = Result<void>;

// Shorthand for `return fault(FaultCode::corrupt, "...")` in functions that return Result.
inline std::unexpected<Fault> fault(FaultCode code, std::string message) {
    return std::unexpected(Fault{code, std::move(message)});
}

}  // namespace granary
