// Limits of replaying sagas; apart from core/limits.hpp, since nobody else leans on them.
#pragma once

#include <cstddef>

namespace granary::limits {

// Replaying sagas.

inline constexpr std::size_t replay_ended_recent_max = 512;           // sagas of one partition, whose late commits are still compared
inline constexpr std::size_t replay_divergences_shown_max = 100'000;  // held and shown at once

}  // namespace granary::limits
