// `granary report`: figures out of the views, on a data directory or from a server.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "platform/adapters/http_client/http_client.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/output.hpp"
#include "tools/granary/sales_report.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct ReportArguments {
    ServerArguments server;
    SalesQuestion question;
    std::string format = "table";
};

CallResult<JsonValue> ask_server(const ReportArguments& arguments) {
    const auto url = find_server(arguments.server);
    if (!url) return std::unexpected(failure_of(url.error()));
    const auto client = http_client::make_http_client();
    ServerCalls server(*client, *url, arguments.server.key);
    return server.get("/v1/reports/sales?" + query_of(arguments.question));
}

// A server that has the views open does not stand in the way: they are read as they were a moment ago.
CallResult<JsonValue> read_views(const ReportArguments& arguments) {
    const auto store = rocks::open_store_read_only({.path = DataDirectory{arguments.server.data}.views()});
    if (!store) return std::unexpected(failure_of(store.error()));
    return sales_report(**store, arguments.question);
}

int run_sales(const ReportArguments& arguments) {
    const auto report = arguments.server.data.empty() ? ask_server(arguments) : read_views(arguments);
    if (!report) return report_failure(report.error());
    const Format format = *parse_format(arguments.format);
    if (format == Format::json) {
        std::printf("%s\n", report->json().c_str());
        return exit_fine;
    }
    print(table_of_sales(*report), format);
    std::fprintf(stderr, "granary: as of %s\n", std::string(report->string_at("position")).c_str());
    return exit_fine;
}

}  // namespace

void add_report_verbs(CLI::App& app, int& exit_code) {
    auto* report = app.add_subcommand("report", "Figures for analysts");
    report->require_subcommand(1);
    auto arguments = std::make_shared<ReportArguments>();
    auto* sales = report->add_subcommand("sales", "What was paid for, by day or by product");
    add_server_options(*sales, arguments->server);
    sales->add_option("--by", arguments->question.by, "day or product")->check(CLI::IsMember({"day", "product"}));
    sales->add_option("--from", arguments->question.range.from, "first day, such as 2010-12-01");
    sales->add_option("--to", arguments->question.range.to, "last day, included");
    sales->add_option("--format", arguments->format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    sales->callback([arguments, &exit_code] { exit_code = run_sales(*arguments); });
}

}  // namespace granary::cli
