// What the parts of a simulated world have logged.
#pragma once

#include <string>

namespace granary::simulation {

// Of all levels, since it was asked last.
std::string take_log_lines();

}  // namespace granary::simulation
