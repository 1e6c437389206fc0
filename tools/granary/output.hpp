// What verbs print: tables for people, JSON and CSV for programs, always on stdout.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace granary::cli {

enum class Format { table, json, csv };

std::optional<Format> parse_format(std::string_view text);

struct Column {
    std::string name;      // lower case, as in JSON and CSV
    bool numeric = false;  // right-aligned in tables; a bare number in JSON when the cell is an integer
};

// Rows of text cells, as many per row as there are columns.
struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;
};

// The whole table in the given format, ending with a newline. JSON is an array of objects; CSV follows RFC 4180 with LF.
std::string render(const Table& table, Format format);
void print(const Table& table, Format format);

// Prints `granary: MESSAGE` to stderr and returns exit_fault, or exit_found_wrong for damage (corrupt, halted).
int report_fault(const Fault& fault);

// True when stdout, or stderr, is a terminal: the condition for colour and progress.
bool is_terminal_out();
bool is_terminal_err();

}  // namespace granary::cli
