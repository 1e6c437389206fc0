// What a verb that reads makes of a Fault.
#pragma once

#include "core/result.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {

// As report_fault, but an argument that can't be is a mistake in the command line: exit_usage.
inline int report_argument_fault(const Fault& fault) {
    const int code = report_fault(fault);
    return fault.code == FaultCode::invalid_argument ? exit_usage : code;
}

}  // namespace granary::cli
