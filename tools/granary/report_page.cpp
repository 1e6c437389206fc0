// Lengths are worked out in integers from the figures' own decimal text.
#include "tools/granary/report_page.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "core/money.hpp"

namespace granary::cli {
namespace {

constexpr std::size_t bars_max = 60;  // of a drawing from top to bottom; the table has all rows

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

std::optional<std::size_t> column_of(const Table& table, std::string_view name) {
    const auto found = std::ranges::find(table.columns, name, &Column::name);
    if (found == table.columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - table.columns.begin());
}

struct Bar {
    std::string name;
    std::string text;         // the figure as the table has it
    std::int64_t length = 0;  // never negative
};

struct Drawing {
    std::string what;  // name of the column
    std::vector<Bar> bars;
    std::int64_t longest = 1;
};

std::string drawn_column(const Table& table) {
    for (const auto* name : {"gross", "count", "customers", "value"}) {
        if (column_of(table, name)) return name;
    }
    const auto figure = std::find_if(table.columns.rbegin(), table.columns.rend(), [](const Column& column) { return column.numeric; });
    return figure == table.columns.rend() ? std::string() : figure->name;
}

std::string row_name(const Table& table, const std::vector<std::string>& row) {
    const auto a = column_of(table, "a");
    const auto b = column_of(table, "b");
    if (a && b) return row[*a] + " + " + row[*b];
    const auto warehouse = column_of(table, "warehouse");
    return warehouse ? row.front() + " in " + row[*warehouse] : row.front();
}

Drawing drawing_of(const Table& table) {
    Drawing drawing{drawn_column(table), {}, 1};
    const auto column = column_of(table, drawing.what);
    for (const auto& row : table.rows) {
        if (!column) break;
        const std::int64_t length = std::max<std::int64_t>(0, parse_ten_thousandths(row[*column]).value_or(0));
        drawing.bars.push_back({row_name(table, row), row[*column], length});
        drawing.longest = std::max(drawing.longest, length);
    }
    return drawing;
}

// length / longest of `full`, without overflow.
std::int64_t scaled(std::int64_t length, std::int64_t longest, std::int64_t full) {
    while (longest > INT64_MAX / full) {
        longest /= 2;
        length /= 2;
    }
    return length * full / longest;
}

std::string text(std::int64_t x, std::int64_t y, std::string_view anchor, std::string_view words) {
    return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" text-anchor=\"" + std::string(anchor) + "\">" + escaped(words) + "</text>\n";
}

std::string rectangle(std::int64_t x, std::int64_t y, std::int64_t width, std::int64_t height, const Bar& bar) {
    return "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" + std::to_string(width) + "\" height=\"" + std::to_string(height) + "\"><title>" + escaped(bar.name) + ": " +
           escaped(bar.text) + "</title></rect>\n";
}

std::string svg(std::int64_t width, std::int64_t height, const std::string& inside) {
    return "<svg viewBox=\"0 0 " + std::to_string(width) + " " + std::to_string(height) + "\" role=\"img\">\n" + inside + "</svg>\n";
}

// From left to right, as times go; a name under as many as fit.
std::string columns_svg(const Drawing& drawing) {
    constexpr std::int64_t width = 960;
    constexpr std::int64_t height = 240;
    constexpr std::int64_t names = 24;
    constexpr std::size_t names_max = 13;
    const auto count = static_cast<std::int64_t>(drawing.bars.size());
    const std::size_t every = (drawing.bars.size() + names_max - 1) / names_max;
    std::string inside;
    for (std::size_t i = 0; i < drawing.bars.size(); ++i) {
        const std::int64_t left = static_cast<std::int64_t>(i) * width / count;
        const std::int64_t right = static_cast<std::int64_t>(i + 1) * width / count;
        const std::int64_t tall = scaled(drawing.bars[i].length, drawing.longest, height);
        inside += rectangle(left, height - tall, std::max<std::int64_t>(1, right - left - 1), tall, drawing.bars[i]);
        if (i % every == 0) inside += text((left + right) / 2, height + names - 8, i == 0 ? "start" : "middle", drawing.bars[i].name);
    }
    return svg(width, height + names, inside);
}

// From top to bottom, a name in front and the figure behind.
std::string bars_svg(const Drawing& drawing) {
    constexpr std::int64_t step = 20;
    constexpr std::int64_t left = 180;
    constexpr std::int64_t full = 640;
    std::string inside;
    std::int64_t y = 0;
    for (const auto& bar : drawing.bars) {
        if (y == static_cast<std::int64_t>(bars_max) * step) break;
        const std::int64_t length = scaled(bar.length, drawing.longest, full);
        inside += text(left - 8, y + 14, "end", bar.name) + rectangle(left, y + 3, length, step - 6, bar) + text(left + length + 8, y + 14, "start", bar.text);
        y += step;
    }
    return svg(left + full + 140, y, inside);
}

// First order's month from top to bottom, active month from left to right, the darker the more.
std::string cohorts_grid(const Table& table) {
    std::map<std::pair<std::string, std::string>, std::string> counts;
    std::set<std::string> firsts;
    std::set<std::string> months;
    std::int64_t most = 1;
    for (const auto& row : table.rows) {
        counts[{row[0], row[1]}] = row[2];
        firsts.insert(row[0]);
        months.insert(row[1]);
        most = std::max(most, parse_ten_thousandths(row[2]).value_or(0));
    }
    std::string grid = "<table class=\"grid\"><tr><th>first order</th>";
    for (const auto& month : months) grid += "<th>" + escaped(month) + "</th>";
    grid += "</tr>\n";
    for (const auto& first : firsts) {
        grid += "<tr><th>" + escaped(first) + "</th>";
        for (const auto& month : months) {
            const auto& count = counts[{first, month}];
            const auto percent = scaled(parse_ten_thousandths(count).value_or(0), most, 100);
            grid += "<td style=\"background:rgba(46,111,146," + std::string(percent == 100 ? "1" : percent < 10 ? "0.0" : "0.") + (percent == 100 ? "" : std::to_string(percent)) + ")\">" + escaped(count) + "</td>";
        }
        grid += "</tr>\n";
    }
    return grid + "</table>\n";
}

std::string table_html(const Table& table) {
    std::string html = "<table><tr>";
    for (const auto& column : table.columns) html += "<th>" + escaped(column.name) + "</th>";
    html += "</tr>\n";
    for (const auto& row : table.rows) {
        html += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) html += (table.columns[i].numeric ? "<td class=\"n\">" : "<td>") + escaped(row[i]) + "</td>";
        html += "</tr>\n";
    }
    return html + "</table>\n";
}

constexpr std::string_view style = R"(body{font:14px/1.4 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em;color:#222}
h1{font-size:1.4em}p{color:#666;word-break:break-all}svg{width:100%;height:auto;margin:1em 0}rect{fill:#2e6f92}text{font-size:12px;fill:#444}
table{border-collapse:collapse;margin:1em 0}th,td{padding:.2em .7em;text-align:left;border-bottom:1px solid #ddd}td.n,.grid td{text-align:right;font-variant-numeric:tabular-nums}
@media(prefers-color-scheme:dark){body{background:#181a1b;color:#ddd}text{fill:#bbb}rect{fill:#6fb1d4}th,td{border-color:#444}}
)";

bool is_of_times(const Table& table) {
    constexpr std::string_view times[] = {"day", "month", "hour", "weekday"};
    return std::ranges::find(times, table.columns.front().name) != std::end(times);
}

}  // namespace

std::string html_of(const ReportPage& page) {
    std::string drawn;
    const auto drawing = drawing_of(page.table);
    if (column_of(page.table, "first_order_month")) drawn = cohorts_grid(page.table);
    else if (!drawing.bars.empty()) drawn = is_of_times(page.table) ? columns_svg(drawing) : bars_svg(drawing);
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>" + escaped(page.title) + "</title>\n<style>\n" + std::string(style) +
           "</style></head><body>\n<h1>" + escaped(page.title) + "</h1>\n<p>Drawn: " + escaped(drawing.what) + ". As of " + escaped(page.position) + "</p>\n" + drawn + table_html(page.table) + "</body></html>\n";
}

std::optional<std::string> sparks_of(const Table& table) {
    constexpr std::size_t marks_max = 80;
    constexpr std::string_view marks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    constexpr std::int64_t highest = std::size(marks) - 1;
    if (!is_of_times(table)) return std::nullopt;
    if (table.rows.empty()) return std::string();
    const std::size_t each = (table.rows.size() + marks_max - 1) / marks_max;
    std::size_t name_width = 0;
    for (const auto& column : table.columns) name_width = std::max(name_width, column.name.size());
    std::string lines = table.rows.front().front() + " to " + table.rows.back().front() + (each > 1 ? ", each mark the sum of " + std::to_string(each) : "") + "\n";
    for (std::size_t column = 1; column < table.columns.size(); ++column) {
        if (!table.columns[column].numeric) continue;
        std::vector<std::int64_t> sums((table.rows.size() + each - 1) / each);
        for (std::size_t i = 0; i < table.rows.size(); ++i) sums[i / each] += parse_ten_thousandths(table.rows[i][column]).value_or(0);
        const auto [low, high] = std::ranges::minmax(sums);
        std::string curve;
        // Halves, so that no difference overflows.
        for (const auto sum : sums) curve += marks[high == low ? 0 : scaled(sum / 2 - low / 2, std::max<std::int64_t>(1, high / 2 - low / 2), highest)];
        const auto by_figure = [&](const auto& a, const auto& b) { return parse_ten_thousandths(a[column]).value_or(0) < parse_ten_thousandths(b[column]).value_or(0); };
        const auto [least, most] = std::ranges::minmax_element(table.rows, by_figure);
        lines += table.columns[column].name + std::string(name_width - table.columns[column].name.size() + 1, ' ') + curve + "  " + (*least)[column] + " to " + (*most)[column] + "\n";
    }
    return lines;
}

Table with_bars(Table table) {
    constexpr std::int64_t eighths = 8;
    constexpr std::int64_t full = 30 * eighths;
    constexpr std::string_view parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto drawing = drawing_of(table);
    if (drawing.bars.size() != table.rows.size()) return table;
    table.columns.push_back({"of " + drawing.what});
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const std::int64_t length = scaled(drawing.bars[i].length, drawing.longest, full);
        std::string bar;
        for (std::int64_t block = 0; block < length / eighths; ++block) bar += "█";
        table.rows[i].push_back(bar + std::string(parts[length % eighths]));
    }
    return table;
}

}  // namespace granary::cli
