// The one place where a failed assertion ends the process.
#include "core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace granary {

void check_failed(const char* condition, std::source_location where) {
    std::fprintf(stderr, "granary: bug: %s is false at %s:%u in %s\n", condition, where.file_name(), where.line(),
                 where.function_name());
    std::abort();
}

}  // namespace granary
