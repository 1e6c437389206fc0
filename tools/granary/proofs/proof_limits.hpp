// Limits of proofs and of whoever keeps checkpoints.
#pragma once

#include <cstddef>

#include "core/limits.hpp"

namespace granary::limits {

// Proofs of what a log holds
inline constexpr std::size_t checkpoint_file_bytes_max = 2 * 1024 * 1024;
inline constexpr std::size_t proof_file_bytes_max = 32 * 1024 * 1024;
inline constexpr Duration checkpoint_interval_min = seconds(1);
inline constexpr Duration checkpoint_interval_max = hours(24);

}  // namespace granary::limits
