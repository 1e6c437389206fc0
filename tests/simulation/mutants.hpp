// The table of planted bugs: what each leaves out or gets wrong.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace granary::simulation {

struct Mutant {
    const char* name;
    std::string_view where;  // the one source that has it
    std::string_view what;
};

std::span<const Mutant> all_mutants();
const Mutant* find_mutant(std::string_view name);
// From here on this one is planted, in this process; null: none.
void plant(const Mutant* mutant);

}  // namespace granary::simulation
