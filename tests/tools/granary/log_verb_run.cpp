// A program of its own for each line, as main() makes it.
#include "tests/tools/granary/log_verb_run.hpp"

#include <CLI/CLI.hpp>

namespace granary::cli {

int run(const std::string& line) {
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
