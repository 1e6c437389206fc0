// A report as a picture: one HTML page that needs nothing else, and bars for terminals.
#pragma once

#include <optional>
#include <string>

#include "tools/granary/output.hpp"

namespace granary::cli {

struct ReportPage {
    std::string title;     // `Sales by month`
    std::string position;  // what of the log it answers for
    Table table;           // the first column names the rows; a pair's name is that of both products
};

// A whole document in UTF-8: a drawing of `gross` (or of the last whole number, where there is none) for each row, then the
// table. Rows of times become columns from left to right, cohorts a grid, others bars. No script, nothing from elsewhere.
std::string html_of(const ReportPage& page);

// Of a table by times, each figure's curve as one line: its name, a mark for each time (or for several, when they are many), its
// smallest and largest. nullopt: the rows are no times.
std::optional<std::string> sparks_of(const Table& table);

// The table with one more column, a bar as long as the row's figure.
Table with_bars(Table table);

}  // namespace granary::cli
