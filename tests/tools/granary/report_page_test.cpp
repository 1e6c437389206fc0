// Reports as pictures: pages that stand alone, and bars in a terminal.
#include "tools/granary/report_page.hpp"

#include <doctest/doctest.h>

using namespace granary::cli;

namespace {

ReportPage page_of(std::vector<Column> columns, std::vector<std::vector<std::string>> rows) { return {"Sales", "0:17", {std::move(columns), std::move(rows)}}; }

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
    return found;
}

}  // namespace

TEST_CASE("a page holds a drawing and every row, names its positions, and takes nothing from elsewhere") {
    const auto html = html_of(page_of({{"day"}, {"orders", true}, {"gross", true}}, {{"2010-12-01", "2", "10.000"}, {"2010-12-02", "1", "5.000"}}));
    CHECK(html.starts_with("<!doctype html>"));
    CHECK(count(html, "<rect ") == 2);
    CHECK(html.contains("height=\"240\"><title>2010-12-01: 10.000</title>"));
    CHECK(html.contains("height=\"120\"><title>2010-12-02: 5.000</title>"));
    CHECK(count(html, "<tr>") == 3);
    CHECK(html.contains("As of 0:17"));
    for (const char* outside : {"http", "<script", "src=", "@import"}) CHECK_FALSE(html.contains(outside));
}

TEST_CASE("names can't break out of the page") {
    const auto html = html_of(page_of({{"country"}, {"gross", true}}, {{"<b>\"&</b>", "1.000"}}));
    CHECK_FALSE(html.contains("<b>"));
    CHECK(count(html, "&lt;b&gt;&quot;&amp;&lt;/b&gt;") == 3);
}

TEST_CASE("cohorts are a grid, the darkest where most are") {
    const auto html = html_of(page_of({{"first_order_month"}, {"active_month"}, {"customers", true}}, {{"2010-12", "2010-12", "20"}, {"2010-12", "2011-01", "1"}, {"2011-01", "2011-01", "10"}}));
    CHECK(html.contains("146,1)\">20</td>"));
    CHECK(html.contains("146,0.05)\">1</td>"));
    CHECK(html.contains("146,0.50)\">10</td>"));
}

TEST_CASE("empty and negative figures are drawn as nothing") {
    CHECK(html_of(page_of({{"day"}, {"gross", true}}, {})).contains("<h1>Sales</h1>"));
    CHECK(html_of(page_of({{"day"}, {"gross", true}}, {{"2010-12-01", "-5.000"}})).contains("height=\"0\""));
}

TEST_CASE("bars in a terminal are as long as the figures") {
    const auto table = with_bars({{{"a"}, {"b"}, {"count", true}}, {{"1", "2", "30"}, {"1", "3", "1"}, {"1", "4", "0"}}});
    CHECK(table.columns.back().name == "of count");
    CHECK(count(table.rows[0].back(), "█") == 30);
    CHECK(table.rows[1].back() == "█");
    CHECK(table.rows[2].back().empty());
}

TEST_CASE("figures of times are curves, each between its smallest and its largest; others are none") {
    const Table table{{{"day"}, {"orders", true}, {"gross", true}}, {{"2010-12-01", "8", "-5.000"}, {"2010-12-02", "1", "0.000"}, {"2010-12-03", "4", "2.000"}}};
    CHECK(*sparks_of(table) == "2010-12-01 to 2010-12-03\norders █▁▄  1 to 8\ngross  ▁▆█  -5.000 to 2.000\n");
    CHECK_FALSE(sparks_of({{{"country"}, {"gross", true}}, {}}));
    CHECK(sparks_of({{{"month"}, {"gross", true}}, {}})->empty());
    Table year{{{"day"}, {"orders", true}}, {}};
    for (int i = 0; i < 365; ++i) year.rows.push_back({std::to_string(i), "7"});
    CHECK(sparks_of(year)->contains("each mark the sum of 5\n"));
    CHECK(count(*sparks_of(year), "▁") == 73);
}

TEST_CASE("stock is drawn by its value, and by the last column that is a figure where nothing better is known") {
    const Table stock{{{"sku"}, {"warehouse"}, {"on_hand", true}, {"value", true}, {"currency"}}, {{"A", "main", "3", "6.000", "GBP"}, {"A", "north", "1", "2.000", "GBP"}}};
    CHECK(with_bars(stock).columns.back().name == "of value");
    const auto html = html_of(page_of(stock.columns, stock.rows));
    CHECK(html.contains("A in main"));
    CHECK(html.contains("A in north"));
    CHECK(with_bars({{{"what"}, {"times", true}, {"why"}}, {{"a", "1", "b"}}}).columns.back().name == "of times");
}
