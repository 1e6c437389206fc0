// Runs one line of `granary` in this process.
#pragma once

#include <string>

#include "tools/granary/verbs.hpp"

namespace granary::cli {

// The exit code. `line` is what stands behind `granary`.
int run(const std::string& line);

}  // namespace granary::cli
