// Limits of audits of the log.
#pragma once

#include <cstddef>

#include "core/limits.hpp"

namespace granary::limits {

// Audits of the log

inline constexpr std::size_t audit_mark_bytes_max = 1024 * 1024;
inline constexpr Duration audit_mark_interval = seconds(5);  // between two times that an audit writes down how far it is

}  // namespace granary::limits
