// How reports come out: as a table, CSV or JSON, with bars or sparklines in a terminal, or as a page in a file.
#pragma once

#include <string>

#include "tools/granary/invoice_report.hpp"

namespace CLI {
class App;
}

namespace granary::cli {

struct ReportOutput {
    std::string format = "table";
    std::string html;    // a file to write the report to as a page
    bool bars = false;   // in tables
    bool spark = false;  // a line for each figure instead of a table
};

// --format, --bars, --html, and --spark for reports that may be of times; `output` must outlive the parse.
void add_output_options(CLI::App& verb, ReportOutput& output, bool of_times);

// Prints or writes it, and the positions that it answers for on stderr. The exit code; usage where --spark fits no such report.
int put_out(const PrintedReport& report, const std::string& title, const ReportOutput& output);

}  // namespace granary::cli
