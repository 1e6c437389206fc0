// Reads the Online Retail files as they were booked: every row of an invoice, whatever it means.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "query-side/read_models/invoices.hpp"
#include "tools/granary/online_retail/retail_rows.hpp"

namespace granary::cli::retail {

// A row as it stands in the file; times are taken as UTC.
struct BookedRow {
    std::string file;         // base name, for messages
    std::size_t line = 0;     // 1 is the header
    std::string stock_code;   // as written: case matters
    std::string description;  // as written, spaces included
    std::int64_t quantity = 0;
    std::string price;        // decimal text in pounds, as written
    Time at;
    read_models::LineKind kind = read_models::LineKind::zero;
};

struct BookedInvoice {
    std::string number;
    std::string customer;  // `17850`, empty when not known
    std::string country;   // as written
    std::vector<BookedRow> rows;  // in the order of the files
};

// A row that can't be part of any invoice.
struct UnreadableRow {
    std::string file;
    std::size_t line = 0;
    std::string invoice;
    std::string problem;
};

// What the files hold. Every row read is in one of the invoices or among the unreadable.
struct Book {
    std::vector<BookedInvoice> invoices;  // in the order of their first rows
    std::vector<UnreadableRow> unreadable;
    std::size_t rows = 0;
    std::size_t copies = 0;               // rows that repeat an earlier one in every field; they count like any other
    std::size_t anonymous = 0;            // rows without a customer
};

// Collects the rows of one file after another.
class BookReader {
  public:
    // invalid_argument: the header is not Online Retail's.
    Status add(std::string_view text, std::string_view file);
    // Ends the reading.
    Book take();

  private:
    void add_row(const CsvRecord& record, std::string_view file);

    Book book_;
    std::map<std::string, std::size_t> places_;  // of invoices, by number
};

}  // namespace granary::cli::retail
