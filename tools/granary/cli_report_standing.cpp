// `granary report stock` and `sagas`: how things stand, now or at a moment of the past.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "query-side/queries/inventory_report.hpp"
#include "tools/granary/log_choice.hpp"
#include "tools/granary/past/as_of.hpp"
#include "tools/granary/past/views_at.hpp"
#include "tools/granary/past/work_folder.hpp"
#include "tools/granary/progress.hpp"
#include "tools/granary/report_output.hpp"
#include "tools/granary/report_source.hpp"
#include "tools/granary/saga_figures.hpp"
#include "tools/granary/stop_signals.hpp"
#include "tools/granary/stored_views.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct StandingArguments {
    ReportSource source;
    LogChoice log;
    std::string as_of;
    std::string warehouse;        // of stock
    std::string by = "status";    // of sagas
    ReportOutput output;

    // Read from the log itself, not from a server.
    bool of_log() const { return !source.server.data.empty() || log.on_kafka(); }
};

CallResult<JsonValue> ask_server(ServerCalls& server, const std::string& report, const std::string& parameter, const std::string& value) {
    return server.get("/v1/reports/" + report + (value.empty() ? "" : "?" + parameter + "=" + percent_encoded(value)));
}

CallResult<PrintedReport> laid_out_answer(const CallResult<JsonValue>& json) {
    if (!json) return std::unexpected(json.error());
    return laid_out(*json);
}

// -- stock ----------------------------------------------------------------------------------------------------------

CallResult<PrintedReport> stock_of(const ports::Store& views, const std::string& warehouse) {
    StoredViews stored(views);
    if (auto read = stored.read("stock"); !read) return std::unexpected(failure_of(read.error()));
    return laid_out("stock", "", queries::StockReport(stored.source()).run(warehouse));
}

// Stock changes in place, so the past is folded anew, from the nearest snapshot.
CallResult<PrintedReport> past_stock(const StandingArguments& arguments) {
    const StopOnSignal stop;
    const auto log = open_log_to_read(arguments.log, arguments.source.server.data);
    if (!log) return std::unexpected(failure_of(log.error()));
    const auto as_of = parse_as_of(**log, arguments.as_of);
    if (!as_of) return std::unexpected(failure_of(as_of.error()));
    const auto folder = WorkFolder::make("");
    if (!folder) return std::unexpected(failure_of(folder.error()));
    const auto store = rocks::open_store({.path = (*folder)->path()});
    if (!store) return std::unexpected(failure_of(store.error()));
    Progress progress("fold", "records", 0);
    ViewsAtOptions options;
    if (!arguments.source.server.data.empty()) options.snapshots = DataDirectory{arguments.source.server.data}.snapshots();
    options.stop = stop.token();
    options.progress = [&](const std::string&, std::uint64_t done, std::uint64_t total) {
        progress.set_total(total);
        progress.update(done);
    };
    const auto built = build_views_at(**log, **store, {"stock", "products"}, *as_of, options);
    progress.finish();
    if (!built) return std::unexpected(failure_of(built.error()));
    auto report = stock_of(**store, arguments.warehouse);
    if (report) report->position = text_of(built->front().positions);
    return report;
}

CallResult<PrintedReport> ask_for_stock(const StandingArguments& arguments) {
    if (!arguments.as_of.empty() && !arguments.of_log()) return std::unexpected(failure_of(Fault{FaultCode::invalid_argument, "stock as of a moment is folded from the log: give --data DIR, or --log kafka"}));
    if (!arguments.as_of.empty()) return past_stock(arguments);
    return ask(
        arguments.source, [&](ServerCalls& server) { return laid_out_answer(ask_server(server, "stock", "warehouse", arguments.warehouse)); },
        [&](const ports::Store& store) { return stock_of(store, arguments.warehouse); });
}

// -- sagas ----------------------------------------------------------------------------------------------------------

CallResult<PrintedReport> sagas_of_log(const StandingArguments& arguments) {
    const StopOnSignal stop;
    const auto log = open_log_to_read(arguments.log, arguments.source.server.data);
    if (!log) return std::unexpected(failure_of(log.error()));
    const auto as_of = parse_as_of(**log, arguments.as_of);
    if (!as_of) return std::unexpected(failure_of(as_of.error()));
    Progress progress("sagas", "records", 0);
    SagaReportOptions options{std::max(1U, std::thread::hardware_concurrency()), {}, stop.token()};
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
        progress.set_total(total);
        progress.update(done);
    };
    const auto figures = report_sagas(**log, *parse_sagas_by(arguments.by), *as_of, options);
    progress.finish();
    return laid_out("sagas", arguments.by, figures);
}

CallResult<PrintedReport> ask_for_sagas(const StandingArguments& arguments) {
    if (arguments.of_log()) return sagas_of_log(arguments);
    if (!arguments.as_of.empty()) return std::unexpected(failure_of(Fault{FaultCode::invalid_argument, "sagas as of a moment are counted in the log: give --data DIR, or --log kafka"}));
    const auto unread = [](const ports::Store&) -> CallResult<PrintedReport> { return std::unexpected(failure_of(Fault{FaultCode::invalid_argument, "sagas are counted in the log: give --data DIR"})); };
    return ask(arguments.source, [&](ServerCalls& server) { return laid_out_answer(ask_server(server, "sagas", "by", arguments.by)); }, unread);
}

// -------------------------------------------------------------------------------------------------------------------

int print(const CallResult<PrintedReport>& report, std::string title, const StandingArguments& arguments) {
    if (!report) return report_failure(report.error());
    if (!arguments.as_of.empty()) title += ", as of " + arguments.as_of;
    return put_out(*report, title, arguments.output);
}

CLI::App* add_report(CLI::App& report, const char* name, const char* what, const std::shared_ptr<StandingArguments>& arguments) {
    auto* verb = report.add_subcommand(name, what);
    add_server_options(*verb, arguments->source.server);
    add_log_options(*verb, arguments->log);
    verb->add_option("--as-of", arguments->as_of, "what the log knew: a time, a date, or positions as a report prints them (0:17,3:9); takes the log, --data or --log kafka");
    add_output_options(*verb, arguments->output, false);
    return verb;
}

}  // namespace

void add_standing_report_verbs(CLI::App& report, int& exit_code) {
    auto of_stock = std::make_shared<StandingArguments>();
    auto* stock = add_report(report, "stock", "What lies where, what of it is promised, and what it is worth at list prices", of_stock);
    stock->add_option("--warehouse", of_stock->warehouse, "only this one");
    stock->add_option("--view-dir", of_stock->source.view_dir, "a folder that `projection build stock products` made");
    stock->callback([of_stock, &exit_code] {
        exit_code = print(ask_for_stock(*of_stock), of_stock->warehouse.empty() ? "Stock" : "Stock of " + of_stock->warehouse, *of_stock);
    });
    auto of_sagas = std::make_shared<StandingArguments>();
    auto* sagas = add_report(report, "sagas", "How many sagas stand where and how old they are, or how long each step took", of_sagas);
    sagas->add_option("--by", of_sagas->by, "status or step")->check(CLI::IsMember({"status", "step"}));
    sagas->callback([of_sagas, &exit_code] { exit_code = print(ask_for_sagas(*of_sagas), "Sagas by " + of_sagas->by, *of_sagas); });
}

}  // namespace granary::cli
