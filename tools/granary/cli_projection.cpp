// `granary projection`: what analysts and operators do with views.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "projections/runtime/rebuild_limits.hpp"
#include "projections/views/table.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/projection_calls.hpp"
#include "tools/granary/saga_calls.hpp"
#include "tools/granary/stop_signals.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct ProjectionArguments {
    ServerArguments server;
    LogChoice log;
    std::string action;
    std::string view;
    bool all = false;
    std::uint64_t generation = 0;  // 0: not given
    std::size_t parallel = 0;
    std::uint64_t throttle = 0;
    bool unverified = false;
    std::string format = "table";
};

std::vector<std::string> views_of(const ProjectionArguments& arguments) {
    if (!arguments.all) return {arguments.view};
    std::vector<std::string> names;
    for (const auto& view : views::all) names.emplace_back(view.name);
    return names;
}

CallResult<JsonValue> work_on(ProjectionCalls& calls, const ProjectionArguments& arguments, const std::string& view, const std::stop_token& stop) {
    Progress progress(arguments.action + " " + view, "records", 0);
    const auto tell = [&](std::uint64_t done, std::uint64_t total) {
        progress.set_total(total);
        progress.update(done);
    };
    const auto generation = arguments.generation == 0 ? std::nullopt : std::optional(arguments.generation);
    return calls.work({view, arguments.action, generation, arguments.parallel, arguments.throttle, arguments.unverified}, tell, stop);
}

JsonValue array() { return {JsonValue::Kind::array, {}, {}, {}}; }

// Without the keys that differ, which have lines of their own.
JsonValue outline_of(const JsonValue& report) {
    JsonValue outline{JsonValue::Kind::object, {}, {}, {}};
    for (std::size_t i = 0; i < report.names.size(); ++i) {
        if (report.names[i] == "differing") continue;
        outline.names.push_back(report.names[i]);
        outline.items.push_back(report.items[i]);
    }
    return outline;
}

void print_reports(const JsonValue& reports, Format format) {
    if (format == Format::json) {
        std::printf("%s\n", reports.json().c_str());
        return;
    }
    JsonValue outlines = array();
    for (const auto& report : reports.items) outlines.items.push_back(outline_of(report));
    if (!outlines.items.empty()) print(table_of_objects(outlines), format);
    for (const auto& report : reports.items) {
        const JsonValue* differing = report.find("differing");
        if (differing == nullptr || differing->items.empty()) continue;
        std::fprintf(stderr, "granary: %s differs:\n", std::string(report.string_at("view")).c_str());
        print(table_of_objects(*differing), format);
    }
}

bool is_equal(const JsonValue& report) {
    const JsonValue* equal = report.find("equal");
    return equal == nullptr || equal->text == "true";
}

int run_list(ProjectionCalls& calls, Format format) {
    const auto list = calls.list();
    if (!list) return report_failure(list.error());
    print_reports(*list, format);
    return exit_fine;
}

int run_projection(const ProjectionArguments& arguments) {
    // From here on: what was begun is stopped in order, on a server as well.
    const StopOnSignal stop;
    const auto calls = open_projections(arguments.server, arguments.log);
    if (!calls) return report_failure(calls.error());
    const Format format = *parse_format(arguments.format);
    if (arguments.action == "list") return run_list(**calls, format);
    int exit_code = exit_fine;
    JsonValue reports = array();
    for (const auto& view : views_of(arguments)) {
        auto report = work_on(**calls, arguments, view, stop.token());
        if (!report) return report_failure(report.error());
        if (!is_equal(*report)) exit_code = exit_found_wrong;
        reports.items.push_back(std::move(*report));
    }
    print_reports(reports, format);
    return exit_code;
}

std::string check_view(const std::string& name) {
    if (views::find(name) != nullptr) return {};
    std::string known = "there is no view " + name + "; there are";
    for (const auto& view : views::all) known += " " + std::string(view.name);
    return known;
}

struct Verb {
    const char* name;
    const char* what;
    bool takes_view;
    bool takes_all = false;
    bool takes_generation = false;
    bool takes_pace = false;
    bool may_be_unverified = false;
};

constexpr Verb verbs[] = {
    {.name = "list", .what = "All generations of all views, with positions and lag", .takes_view = false},
    {.name = "rebuild", .what = "Build a view anew beside the live one; goes on where an interrupted rebuild stopped", .takes_view = true, .takes_all = true, .takes_pace = true},
    {.name = "verify", .what = "Fold a view afresh and compare it with the live one at one position; exit 1 when they differ", .takes_view = true, .takes_all = true, .takes_pace = true},
    {.name = "promote", .what = "Let readers use a rebuilt view from now on, if it equals the live one; that is kept", .takes_view = true, .takes_generation = true, .may_be_unverified = true},
    {.name = "discard", .what = "Drop a view's tables that are not live", .takes_view = true, .takes_all = true, .takes_generation = true},
    {.name = "cancel", .what = "Stop what a server is doing to a view; a rebuild goes on from there when it is begun again", .takes_view = true},
};

void add_pace_options(CLI::App& app, ProjectionArguments& arguments) {
    app.add_option("--parallel", arguments.parallel, "partitions folded at once; all processors, or half of them beside a server")->check(CLI::Range(std::size_t{1}, limits::rebuild_threads_max));
    app.add_option("--throttle", arguments.throttle, "records a second at most; beside a server it gives way to live folding anyway")->check(CLI::Range(std::uint64_t{1}, limits::rebuild_records_per_second_max));
}

void add_verb(CLI::App& projection, const Verb& verb, int& exit_code) {
    auto arguments = std::make_shared<ProjectionArguments>();
    arguments->action = verb.name;
    auto* app = projection.add_subcommand(verb.name, verb.what);
    add_server_options(*app, arguments->server);
    add_log_options(*app, arguments->log);
    app->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    if (verb.takes_view) {
        auto* view = app->add_option("view", arguments->view, "the view's name")->check(CLI::Validator(check_view, "VIEW"));
        if (verb.takes_all) {
            view->excludes(app->add_flag("--all", arguments->all, "every view"));
        } else {
            view->required();
        }
    }
    if (verb.takes_generation) app->add_option("--generation", arguments->generation, "which one; otherwise the newest, or all that are not live");
    if (verb.takes_pace) add_pace_options(*app, *arguments);
    if (verb.may_be_unverified) app->add_flag("--unverified", arguments->unverified, "without comparing them: for a live view that is known to be wrong");
    app->callback([arguments, &exit_code, takes_view = verb.takes_view] {
        if (takes_view && arguments->view.empty() && !arguments->all) throw CLI::RequiredError("a view or --all");
        exit_code = run_projection(*arguments);
    });
}

}  // namespace

void add_projection_verbs(CLI::App& app, int& exit_code) {
    auto* projection = app.add_subcommand("projection", "List, rebuild, compare and promote the views");
    projection->require_subcommand(1);
    for (const auto& verb : verbs) add_verb(*projection, verb, exit_code);
    add_projection_past_verbs(*projection, exit_code);
}

}  // namespace granary::cli
