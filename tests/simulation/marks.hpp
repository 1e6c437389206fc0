// The table of marked branches, and which of them a world has reached.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace granary::simulation {

struct Mark {
    std::string_view name;
    std::string_view where;  // the one source that has it
    std::string_view what;
};

std::span<const Mark> all_marks();
// In the order of the table: reached since the last call.
std::vector<bool> take_reached();

}  // namespace granary::simulation
