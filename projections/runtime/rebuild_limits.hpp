// Limits of building views anew; apart from core/limits.hpp, since nobody else leans on them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.hpp"

namespace granary::limits {

// Building views anew.

inline constexpr std::size_t rebuild_gathered_bytes = std::size_t{192} * 1024 * 1024;  // of rows that all threads gather before they go into files; half of it at most by one
inline constexpr Duration rebuild_gathered_for = seconds(10);       // at most until they do, but for the part that is folded then: a slow one that is killed loses so much
inline constexpr Duration rebuild_lag_max = milliseconds(250);      // of the live views; behind by more, a rebuild beside them waits
inline constexpr Duration rebuild_wait_max = seconds(1);            // of a rebuild for them, between two pages of log
inline constexpr Duration rebuild_look_interval = milliseconds(5);  // between two looks at whether they still are
inline constexpr std::int64_t rebuild_left_over_max = 20'000;         // records of log that came meanwhile and are left to live folding
inline constexpr std::size_t rebuild_rounds_max = 8;                // through what came meanwhile
inline constexpr std::uint64_t rebuild_records_per_second_max = 100'000'000;  // that can be asked for

inline constexpr std::size_t upgrade_attempts_max = 5;              // of a view of another version, when the log or the store fails
inline constexpr Duration upgrade_retry = seconds(2);               // between two of them
inline constexpr Duration upgrade_wait_at_start = seconds(1);       // of a node for views that have nothing to serve yet

}  // namespace granary::limits
