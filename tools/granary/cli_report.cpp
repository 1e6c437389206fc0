// `granary report`: figures out of the views, on a data directory or from a server.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "core/import_limits.hpp"
#include "tools/granary/invoice_report.hpp"
#include "tools/granary/past/invoices_known.hpp"
#include "tools/granary/report_output.hpp"
#include "tools/granary/report_source.hpp"
#include "tools/granary/sales_report.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

struct ReportArguments {
    ReportSource source;
    std::string of;     // invoices or orders; empty = invoices when any were imported
    SalesQuestion orders;
    InvoiceReportQuestion invoices;
    ReportOutput output;
};

int run_orders(const ReportArguments& arguments) {
    const auto report = ask(
        arguments.source, [&](ServerCalls& server) { return server.get("/v1/reports/sales?" + query_of(arguments.orders)); },
        [&](const ports::Store& store) { return sales_report(store, arguments.orders); });
    if (!report) return report_failure(report.error());
    return put_out({report->json(), table_of_sales(*report), std::string(report->string_at("position"))}, "Orders placed here, by " + arguments.orders.by, arguments.output);
}

std::string title_of(const InvoiceReportQuestion& question) {
    std::string title = question.report == "sales" ? "Sales by " + question.by : question.report == "products" ? "Products that sold for most" : question.report == "pairs" ? "Products bought together" : "Cohorts of customers";
    if (!question.scope.until.empty()) title += ", until " + question.scope.until;
    if (!question.scope.as_of.empty()) title += ", as of " + question.scope.as_of;
    return title;
}

CallResult<PrintedReport> ask_for_invoices(const ReportArguments& arguments) {
    const auto& source = arguments.source;
    const auto& question = arguments.invoices;
    if (!source.view_dir.empty()) return invoice_report_of_folder(source.view_dir, question);
    if (!source.server.data.empty()) return invoice_report_of_data(source.server.data, question);
    return ask_server_of(source, [&](ServerCalls& server) { return invoice_report(server, question); });
}

int print_invoices(const ReportArguments& arguments, const CallResult<PrintedReport>& report) {
    if (!report) return report_failure(report.error());
    return put_out(*report, title_of(arguments.invoices), arguments.output);
}

int run_invoices(const ReportArguments& arguments) { return print_invoices(arguments, ask_for_invoices(arguments)); }

bool is_for_people(const ReportArguments& arguments) { return arguments.output.format == "table" && arguments.output.html.empty() && arguments.source.view_dir.empty(); }

int run_sales(ReportArguments& arguments) {
    arguments.orders.by = arguments.invoices.by;
    const bool orders_can = arguments.orders.by == "day" || arguments.orders.by == "product";
    const bool bounds_orders = !arguments.orders.range.from.empty() || !arguments.orders.range.to.empty();
    const auto& scope = arguments.invoices.scope;
    const bool bounds_invoices = !scope.as_of.empty() || !scope.until.empty() || !scope.currency.empty();
    const bool orders = arguments.of == "orders" || (arguments.of.empty() && bounds_orders);
    if (orders ? bounds_invoices : bounds_orders) {
        std::fprintf(stderr, "granary: --from and --to go with --of orders; --as-of, --until and --currency with --of invoices\n");
        return exit_usage;
    }
    if (orders && orders_can) return run_orders(arguments);
    if (orders) {
        std::fprintf(stderr, "granary: orders placed here are reported on by day or by product\n");
        return exit_usage;
    }
    const auto report = ask_for_invoices(arguments);
    const bool nothing_imported = report && report->table.rows.empty() && !bounds_invoices;
    // Who never imported anything means the orders placed here; but what other programs read has the columns that were asked for.
    const bool falls_back = nothing_imported && arguments.of.empty() && orders_can && is_for_people(arguments);
    if (nothing_imported) std::fprintf(stderr, "granary: no imported invoices; %s the orders placed here\n", falls_back ? "these are" : "--of orders reports on");
    return falls_back ? run_orders(arguments) : print_invoices(arguments, report);
}

using ArgumentsPtr = std::shared_ptr<ReportArguments>;

// What all reports on invoices take.
ArgumentsPtr add_report(CLI::App& verb, const std::string& report) {
    auto arguments = std::make_shared<ReportArguments>();
    arguments->invoices.report = report;
    add_server_options(verb, arguments->source.server);
    verb.add_option("--view-dir", arguments->source.view_dir, "a folder that `projection build invoices` made");
    auto& scope = arguments->invoices.scope;
    verb.add_option("--as-of", scope.as_of, "what the log knew: a time, a date, or positions as a report prints them (0:17,3:9)");
    verb.add_option("--until", scope.until, "what had happened by then: a time or a date, included");
    verb.add_option("--currency", scope.currency, "only invoices in this currency; needed when there are several");
    add_output_options(verb, arguments->output, report == "sales");
    return arguments;
}

void add_top(CLI::App& verb, const ArgumentsPtr& arguments) {
    verb.add_option("--top", arguments->invoices.top, "how many")->check(CLI::Range(std::size_t{1}, limits::report_rows_max))->capture_default_str();
}

void add_sales(CLI::App& report, int& exit_code) {
    auto* sales = report.add_subcommand("sales", "What was sold and cancelled, by time, country, product or customer");
    auto arguments = add_report(*sales, "sales");
    arguments->invoices.by = "day";
    sales->add_option("--by", arguments->invoices.by, "day, month, hour, weekday, country, product or customer")
        ->check(CLI::IsMember({"day", "month", "hour", "weekday", "country", "product", "customer"}));
    sales->add_option("--of", arguments->of, "invoices that were imported, or orders that were placed here and paid; unless given, invoices when there are any")->check(CLI::IsMember({"invoices", "orders"}));
    sales->add_option("--from", arguments->orders.range.from, "of orders: first day, such as 2010-12-01");
    sales->add_option("--to", arguments->orders.range.to, "of orders: last day, included");
    sales->callback([arguments, &exit_code] { exit_code = run_sales(*arguments); });
}

}  // namespace

void add_report_verbs(CLI::App& app, int& exit_code) {
    auto* report = app.add_subcommand("report", "Figures for analysts");
    report->require_subcommand(1);
    add_sales(*report, exit_code);
    const auto add = [&](const std::string& name, const std::string& what, bool ranked) {
        auto* verb = report->add_subcommand(name, what);
        auto arguments = add_report(*verb, name);
        if (ranked) add_top(*verb, arguments);
        verb->callback([arguments, &exit_code] { exit_code = run_invoices(*arguments); });
    };
    add("products", "The products that sold for most", true);
    add("cohorts", "Of the customers who first ordered in one month, how many ordered in each month from then on", false);
    add("pairs", "The two products that are most often in one order", true);
    add_standing_report_verbs(*report, exit_code);
}

}  // namespace granary::cli
