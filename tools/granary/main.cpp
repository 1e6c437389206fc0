// granary: the server and its command line in one program.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tools/granary/verbs.hpp"

namespace {

int run(int argc, char** argv) {
    CLI::App app{"Granary: an event-sourced commerce backend. Exit codes: 0 fine, 1 found something wrong, 2 usage, 3 operating fault."};
    app.require_subcommand(1);
    int exit_code = granary::cli::exit_fine;
    granary::cli::add_all_verbs(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? granary::cli::exit_fine : granary::cli::exit_usage;
    }
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "granary: bug: an exception left the program: %s\n", error.what());
        return granary::cli::exit_fault;
    }
}
