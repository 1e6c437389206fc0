// Rows for tests: the two real days that the project ships, and rows written by hand.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tools/granary/online_retail/retail_rows.hpp"

namespace granary::tests {

inline std::vector<cli::retail::Row> real_day(const std::string& day) {
    std::ifstream in(std::string(GRANARY_SOURCE_DIR) + "/tools/demo/online-retail/" + day + ".csv", std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    auto rows = cli::retail::parse_rows(text.str(), day + ".csv");
    REQUIRE(rows);
    return *rows;
}

// The lines under the right header, each without its line end.
inline std::vector<cli::retail::Row> rows_of(const std::vector<std::string>& lines) {
    std::string text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    for (const auto& line : lines) text += line + "\n";
    auto rows = cli::retail::parse_rows(text, "test.csv");
    REQUIRE(rows);
    return *rows;
}

}  // namespace granary::tests
