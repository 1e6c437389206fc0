// Runs one line of `granary` in this process.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/granary/verbs.hpp"

namespace granary::cli {

// The exit code. `line` is what stands behind `granary`.
inline int run(const std::string& line) {
    CLI::App app;
    int exit_code = exit_fine;
    add_all_verbs(app, exit_code);
    try {
        app.parse(line);
    } catch (const CLI::ParseError&) {
        return exit_usage;
    }
    return exit_code;
}

}  // namespace granary::cli
