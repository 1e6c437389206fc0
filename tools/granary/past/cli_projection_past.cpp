// `granary projection build` and `snapshot`: views of one moment in folders of their own.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "projections/runtime/single_view.hpp"
#include "projections/views/table.hpp"
#include "tools/granary/argument_fault.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/past/view_folder.hpp"
#include "tools/granary/past/views_at.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/stop_signals.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct PastArguments {
    std::vector<std::string> views;
    std::string data;
    LogChoice log;
    std::string as_of;
    std::string out;
    std::string snapshots;
    bool from_start = false;
    std::size_t parallel = 0;
    std::string format = "table";
};

std::string snapshots_of(const PastArguments& arguments) {
    if (arguments.from_start) return {};
    if (!arguments.snapshots.empty()) return arguments.snapshots;
    return arguments.data.empty() ? std::string() : DataDirectory{arguments.data}.snapshots();
}

ViewFolderAbout about_of(const ports::LogIdentity& log, const std::vector<std::string>& views, PositionVector positions, std::optional<Time> known_by) {
    return {hex_of(log.id), log.partitions, std::move(positions), known_by, views};
}

// Up to when a build that was asked for at some time, as of this, holds all that the log knew; positions say nothing of that.
std::optional<Time> known_by(const std::string& text, const AsOf& as_of, Time asked_at) {
    if (as_of.until) return std::min(*as_of.until, asked_at);
    return text.empty() ? std::optional(asked_at) : std::nullopt;
}

int run_build(const PastArguments& arguments) {
    const StopOnSignal stop;
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return report_argument_fault(log.error());
    const Time asked_at = SystemClock().now();
    const auto as_of = parse_as_of(**log, arguments.as_of);
    if (!as_of) return report_argument_fault(as_of.error());
    auto folder = NewViewFolder::make(arguments.out);
    if (!folder) return report_argument_fault(folder.error());
    Progress progress("build", "records", 0);
    ViewsAtOptions options{snapshots_of(arguments), arguments.parallel, {}, stop.token()};
    options.progress = [&](const std::string&, std::uint64_t done, std::uint64_t total) {
        progress.set_total(total);
        progress.update(done);
    };
    const auto built = build_views_at(**log, (*folder)->store(), arguments.views, *as_of, options);
    progress.finish();
    if (!built) return report_argument_fault(built.error());
    const PositionVector positions = built->front().positions;
    if (auto finished = (*folder)->finish(about_of((*log)->identity(), arguments.views, positions, known_by(arguments.as_of, *as_of, asked_at))); !finished) return report_argument_fault(finished.error());
    Table table{{{"view"}, {"records", true}, {"milliseconds", true}, {"from_snapshot"}}, {}};
    for (const auto& one : *built) table.rows.push_back({one.view, std::to_string(one.records), std::to_string(one.took.us / 1000), one.snapshot.empty() ? "-" : one.snapshot});
    print(table, *parse_format(arguments.format));
    std::fprintf(stderr, "granary: as of %s\n", text_of(positions).c_str());
    return exit_fine;
}

// `orders-20101201T122600Z`
std::string snapshot_name(const std::string& view, Time now) {
    std::string time = rfc3339_of(now).substr(0, 19);
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    return view + "-" + time + "Z";
}

Result<projections::StoredView> take_snapshot(const ports::Store& views, const std::string& view, std::uint32_t partitions, ports::Store& store, const StopOnSignal& stop) {
    Progress progress("snapshot " + view, "rows", 0);
    auto copied = projections::copy_view(views, view, partitions, store, [&](std::uint64_t rows) {
        progress.update(rows);
        return stop.token().stop_requested() ? Status(projections::interrupted("the snapshot")) : Status();
    });
    progress.finish();
    if (copied && copied->generation.version != views::find(view)->version) {
        return fault(FaultCode::unsupported, "the live table of " + view + " is of another version than this program's: start the server, and wait until it is built");
    }
    return copied;
}

int run_snapshot(const PastArguments& arguments) {
    const StopOnSignal stop;
    const auto log = open_log_to_read(arguments.log, arguments.data);
    if (!log) return report_argument_fault(log.error());
    const auto identity = (*log)->identity();
    const DataDirectory data{arguments.data};
    const auto views = rocks::open_store_read_only({.path = data.views(), .derived = true});
    if (!views) return report_argument_fault(views.error());
    Table table{{{"view"}, {"folder"}, {"position"}}, {}};
    for (const auto& view : arguments.views) {
        const std::string base = arguments.out.empty() ? data.snapshots() : arguments.out;
        const std::string path = base + "/" + snapshot_name(view, SystemClock().now());
        auto folder = NewViewFolder::make(path);
        if (!folder) return report_argument_fault(folder.error());
        const auto copied = take_snapshot(**views, view, identity.partitions, (*folder)->store(), stop);
        if (!copied) return report_argument_fault(copied.error());
        if (auto finished = (*folder)->finish(about_of(identity, {view}, copied->positions(), {})); !finished) return report_argument_fault(finished.error());
        table.rows.push_back({view, path, text_of(copied->positions())});
    }
    print(table, *parse_format(arguments.format));
    return exit_fine;
}

std::string check_view(const std::string& name) { return views::find(name) != nullptr ? std::string() : "there is no view " + name + "; `granary projection list` names them"; }

CLI::App* add_verb(CLI::App& projection, const char* name, const char* what, const std::shared_ptr<PastArguments>& arguments) {
    auto* verb = projection.add_subcommand(name, what);
    verb->add_option("views", arguments->views, "one view, or several")->required()->check(CLI::Validator(check_view, "VIEW"));
    verb->add_option("--data", arguments->data, "the data directory; a server may run on it");
    add_log_options(*verb, arguments->log);
    verb->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    return verb;
}

}  // namespace

void add_projection_past_verbs(CLI::App& projection, int& exit_code) {
    auto building = std::make_shared<PastArguments>();
    auto* build = add_verb(projection, "build", "Build views as of any moment in a folder of their own, which reports and exports read", building);
    build->add_option("--as-of", building->as_of, "what the log knew: an RFC 3339 time, a date (its whole day), or the last position of each partition, such as 0:17,3:9");
    build->add_option("--out", building->out, "the folder, which is made")->required();
    build->add_option("--snapshots", building->snapshots, "folder of snapshots; DATA/snapshots if left out");
    build->add_flag("--from-start", building->from_start, "use no snapshot");
    build->add_option("--parallel", building->parallel, "partitions folded at once; all processors")->check(CLI::Range(std::size_t{1}, limits::rebuild_threads_max));
    build->callback([building, &exit_code] { exit_code = run_build(*building); });
    auto taking = std::make_shared<PastArguments>();
    auto* snapshot = add_verb(projection, "snapshot", "Keep views as they are now, so that a build of a later moment need not begin at the log's beginning", taking);
    snapshot->add_option("--out", taking->out, "folder below which the snapshot is kept; DATA/snapshots if left out");
    snapshot->callback([taking, &exit_code] {
        if (taking->data.empty()) throw CLI::RequiredError("--data");
        exit_code = run_snapshot(*taking);
    });
}

}  // namespace granary::cli
