// Limits of copying and sealing a log; apart from core/limits.hpp, since nobody else leans on them.
#pragma once

#include <cstddef>

#include "core/limits.hpp"

namespace granary::limits {

// Copying and sealing a log.

inline constexpr std::size_t log_copy_page_bytes = 1024 * 1024;  // read and appended together when a log is copied
inline constexpr std::size_t log_copy_pages_max = 4;             // of one partition, unacknowledged
inline constexpr Duration log_copy_patience = seconds(60);       // without any acknowledgement; then the copy ends, to be resumed
inline constexpr std::size_t log_copy_attempts_max = 8;          // of one partition to get on after a doubtful answer
inline constexpr Duration log_copy_retry = milliseconds(250);    // doubled with every attempt
inline constexpr std::size_t seal_attempts_max = 20;             // against owners that write at the same moment

static_assert(log_copy_page_bytes <= log_read_bytes_max && log_copy_pages_max * log_copy_page_bytes < log_queue_bytes_max);

}  // namespace granary::limits
