// Reads the Online Retail files: CSV rows with typed fields, and what is wrong with those that have none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace granary::cli::retail {

// How a row is treated; docs/import.md says what becomes of each. Counts of all kinds add up to the rows read.
enum class RowKind {
    sale,             // digits invoice, quantity > 0, price > 0
    free_item,        // digits invoice, price 0, known customer, quantity > 0: a free line of the order
    stock_correction, // digits invoice, price 0, otherwise: goods found, lost or damaged
    cancellation,     // invoice number begins with C
    adjustment,       // invoice number begins with A: bookkeeping, no goods
    malformed,        // a field that can't be read
};

std::string_view name_of(RowKind kind);

struct Row {
    std::string file;       // base name, for messages
    std::size_t line = 0;   // 1 is the header
    RowKind kind = RowKind::malformed;
    std::string invoice;
    std::string sku;        // as written: case matters
    std::string name;
    std::int64_t quantity = 0;
    std::string price;      // decimal text in pounds, as written
    std::string date;       // YYYY-MM-DD
    std::string customer;   // `17850`, empty when not known
    std::string country;    // two letters, ZZ when not known
    std::string problem;    // malformed only: what is wrong
};

// One parsed CSV record and the line it began on (RFC 4180: quotes, doubled quotes, line breaks inside quotes; lines end
// with LF or CRLF, empty ones are passed over). A quote inside a field that does not begin with one is a character.
struct CsvRecord {
    std::size_t line = 0;
    std::vector<std::string> fields;
    bool open_quote = false;  // the last record only: the text ended inside quotes
};
std::vector<CsvRecord> parse_csv(std::string_view text);

// invalid_argument: the text does not begin with Online Retail's header.
Status check_header(std::string_view text, std::string_view file);

// All rows of one file, in order. invalid_argument: the header is not Online Retail's.
Result<std::vector<Row>> parse_rows(std::string_view text, std::string_view file);

// `17850.0` is how the source writes the number 17850.
std::string customer_number(std::string_view text);

// ISO 3166-1 code of a country name of this data set; ZZ when it has none.
std::string_view country_code(std::string_view name);

}  // namespace granary::cli::retail
