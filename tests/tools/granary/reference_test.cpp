// docs/cli.md against the program: every verb, option, default and word of help, so that neither can grow alone.
#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

std::string cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
    return text;
}

std::string names_of(const CLI::Option& option) {
    const std::string names = option.get_positional() ? option.get_name(true, false) : option.get_name(false, true);
    return option.get_expected_max() > 1 ? names + "..." : names;
}

std::string row_of(const CLI::Option& option) {
    std::string what = option.get_description();
    if (option.get_required()) what += " (required)";
    if (!option.get_envname().empty()) what += " (" + option.get_envname() + ")";
    return "| `" + cell(names_of(option)) + "` | " + cell(what) + " |\n";
}

// The verb and all below it, as the reference in the docs has them.
void add_reference(std::string& out, const CLI::App& verb, const std::string& path) {
    const auto below = verb.get_subcommands([](const CLI::App*) { return true; });
    for (const auto* each : below) add_reference(out, *each, path + " " + each->get_name());
    if (!below.empty()) return;
    out += "\n### " + path + "\n\n" + verb.get_description() + ".\n\n| option | what |\n|---|---|\n";
    for (const auto* option : verb.get_options()) {
        if (option->get_name() != "--help") out += row_of(*option);
    }
}

}  // namespace

TEST_CASE("docs/cli.md ends with every verb and option of the program, word by word") {
    CLI::App app;
    int exit_code = exit_fine;
    add_all_verbs(app, exit_code);
    std::string reference = "## Every verb and option\n";
    add_reference(reference, app, "granary");
    std::ifstream in(GRANARY_SOURCE_DIR "/docs/cli.md");
    const std::string docs{std::istreambuf_iterator<char>(in), {}};
    const auto at = docs.find("## Every verb and option\n");
    REQUIRE_MESSAGE(at != std::string::npos, "docs/cli.md must end with:\n" << reference);
    CHECK_MESSAGE(docs.substr(at) == reference, "docs/cli.md must end with:\n" << reference);
    CHECK(reference.find("### granary saga compensate") != std::string::npos);
}

TEST_CASE("docs/cli.md has a chapter for every group of verbs") {
    CLI::App app;
    int exit_code = exit_fine;
    add_all_verbs(app, exit_code);
    std::ifstream in(GRANARY_SOURCE_DIR "/docs/cli.md");
    const std::string docs{std::istreambuf_iterator<char>(in), {}};
    for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
        CAPTURE(verb->get_name());
        CHECK(docs.find("\n## " + verb->get_name() + "\n") != std::string::npos);
    }
}

}  // namespace granary::cli
