// Assertions that stay on in production: a broken one is a bug, so the process stops instead of carrying on wrong.
#pragma once

#include <source_location>

namespace granary {

// Writes the condition and where it stood to stderr and ends the process with abort().
[[noreturn]] void check_failed(const char* condition, std::source_location where);

}  // namespace granary

// Use for what only a bug can make false; never for input from outside.
#define GRANARY_CHECK(condition)                                                            \
    do {                                                                                    \
        if (!(condition)) [[unlikely]]                                                      \
            ::granary::check_failed(#condition, std::source_location::current());           \
    } while (false)
