// Limits of building views anew; apart from core/limits.hpp, since nobody else leans on them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.hpp"

namespace granary::limits {

// Building views anew.

inline constexpr Duration rebuild_lag_max = milliseconds(250);      // of the live views; behind by more, a rebuild beside them waits
inline constexpr Duration rebuild_wait_max = seconds(1);            // of a rebuild for them, between two pages of log
inline constexpr Duration rebuild_look_interval = milliseconds(5);  // between two looks at whether they still are
inline constexpr std::uint64_t rebuild_records_per_second_max = 100'000'000;  // that can be asked for

}  // namespace granary::limits
