// Rendering of tables; the widths count UTF-8 characters, not bytes.
#include "tools/granary/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/check.hpp"
#include "core/json_writer.hpp"
#include "tools/granary/verbs.hpp"

namespace granary::cli {
namespace {

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_integer(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.empty() || text.size() > 18 || (text.size() > 1 && text[0] == '0')) return false;
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void append_padded(std::string& out, const std::string& cell, std::size_t width, bool right) {
    const std::string padding(width - width_of(cell), ' ');
    out += right ? padding + cell : cell + padding;
}

void append_line(std::string& out, const Table& table, const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) out += "  ";
        append_padded(out, cells[i], widths[i], table.columns[i].numeric);
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
}

std::string render_table(const Table& table) {
    std::vector<std::string> names;
    std::vector<std::size_t> widths;
    for (const auto& column : table.columns) {
        names.push_back(column.name);
        widths.push_back(width_of(column.name));
    }
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string out;
    append_line(out, table, names, widths);
    for (const auto& row : table.rows) append_line(out, table, row, widths);
    return out;
}

std::string render_json(const Table& table) {
    JsonWriter json;
    json.begin_array();
    for (const auto& row : table.rows) {
        json.begin_object();
        for (std::size_t i = 0; i < row.size(); ++i) {
            json.key(table.columns[i].name);
            if (table.columns[i].numeric && is_integer(row[i])) {
                json.raw(row[i]);
            } else {
                json.string(row[i]);
            }
        }
        json.end_object();
    }
    json.end_array();
    return json.take() + "\n";
}

void append_csv_cell(std::string& out, const std::string& cell) {
    if (cell.find_first_of(",\"\n\r") == std::string::npos) {
        out += cell;
        return;
    }
    out += '"';
    for (char c : cell) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

std::string render_csv(const Table& table) {
    std::string out;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (i > 0) out += ',';
        append_csv_cell(out, table.columns[i].name);
    }
    out += '\n';
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += ',';
            append_csv_cell(out, row[i]);
        }
        out += '\n';
    }
    return out;
}

}  // namespace

std::optional<Format> parse_format(std::string_view text) {
    if (text == "table") return Format::table;
    if (text == "json") return Format::json;
    if (text == "csv") return Format::csv;
    return std::nullopt;
}

std::string render(const Table& table, Format format) {
    for (const auto& row : table.rows) GRANARY_CHECK(row.size() == table.columns.size());
    switch (format) {
        case Format::table: return render_table(table);
        case Format::json: return render_json(table);
        case Format::csv: return render_csv(table);
    }
    return {};
}

void print(const Table& table, Format format) {
    const std::string text = render(table, format);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

int report_fault(const Fault& fault) {
    std::fprintf(stderr, "granary: %s\n", fault.message.c_str());
    return fault.code == FaultCode::corrupt || fault.code == FaultCode::halted ? exit_found_wrong : exit_fault;
}

bool is_terminal_out() { return ::isatty(STDOUT_FILENO) == 1; }
bool is_terminal_err() { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace granary::cli
