// The program with one bug planted in it, GRANARY_PLANTED by name: runs under faults must fail with it (docs/testing.md).
#include <cstdlib>
#include <string_view>

#include "core/marks.hpp"
#include "core/mutants.hpp"

namespace granary {

bool is_planted(const char* mutant) {
    static const char* const planted = std::getenv("GRANARY_PLANTED");
    return planted != nullptr && std::string_view(planted) == mutant;
}

void reach(const char*) {}

}  // namespace granary
