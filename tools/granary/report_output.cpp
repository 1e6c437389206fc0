// One way out for all reports.
#include "tools/granary/report_output.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "tools/granary/output.hpp"
#include "tools/granary/report_page.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

int write_page(const std::string& path, const ReportPage& page) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << html_of(page);
    out.close();
    if (!out) return report_fault({FaultCode::io_error, "can't write " + path});
    std::fprintf(stderr, "granary: wrote %s, as of %s\n", path.c_str(), page.position.c_str());
    return exit_fine;
}

int print_sparks(const PrintedReport& report) {
    const auto sparks = sparks_of(report.table);
    if (!sparks) {
        std::fprintf(stderr, "granary: --spark goes with figures of days, months, hours or weekdays\n");
        return exit_usage;
    }
    std::fputs(sparks->c_str(), stdout);
    std::fprintf(stderr, "granary: as of %s\n", report.position.c_str());
    return exit_fine;
}

}  // namespace

void add_output_options(CLI::App& verb, ReportOutput& output, bool of_times) {
    verb.add_option("--format", output.format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    verb.add_flag("--bars", output.bars, "in a table, a bar behind each row");
    if (of_times) verb.add_flag("--spark", output.spark, "of figures by time, a little curve for each instead of a table");
    verb.add_option("--html", output.html, "write the report to this file instead, as one page with a drawing");
}

int put_out(const PrintedReport& report, const std::string& title, const ReportOutput& output) {
    if (!output.html.empty()) return write_page(output.html, {title, report.position, report.table});
    if (output.spark) return print_sparks(report);
    const Format format = *parse_format(output.format);
    if (format == Format::json) {
        std::printf("%s\n", report.json.c_str());
        return exit_fine;
    }
    print(output.bars ? with_bars(report.table) : report.table, format);
    std::fprintf(stderr, "granary: as of %s\n", report.position.c_str());
    return exit_fine;
}

}  // namespace granary::cli
