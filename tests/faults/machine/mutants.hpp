// The table of bugs that are planted for losses of power and changed bytes to find.
#pragma once

#include <span>
#include <string_view>

namespace granary::faults {

// lies: losses of power beside a disk that does not sync the log's records when it says so.
enum class FoundBy { power, lies, flips };

struct Mutant {
    const char* name;
    std::string_view where;  // the one source that has it
    std::string_view what;
    FoundBy found_by = FoundBy::power;
};

std::span<const Mutant> all_mutants();
const Mutant* find_mutant(std::string_view name);
// From here on this one is planted, in this process; null: none.
void plant(const Mutant* mutant);

}  // namespace granary::faults
