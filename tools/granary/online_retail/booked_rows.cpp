// Rows become lines of their invoice; what can't be read is kept aside with the reason.
#include "tools/granary/online_retail/booked_rows.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "command-side/domain/invoices.hpp"
#include "core/http1.hpp"
#include "core/import_limits.hpp"
#include "core/money.hpp"
#include "core/names.hpp"

namespace granary::cli::retail {
namespace {

struct Reading {
    BookedRow row;
    std::string customer;
    std::string country;
    std::string problem;
};

// `2010-12-01 08:26:00`, taken as UTC.
std::optional<Time> time_of(std::string text) {
    constexpr std::size_t bytes = 19;
    if (text.size() != bytes || text[10] != ' ') return std::nullopt;
    text[10] = 'T';
    return parse_rfc3339(text + "Z");
}

std::string problem_of(const CsvRecord& record) {
    constexpr std::size_t columns = 8;
    if (record.open_quote) return "a quote is never closed; nothing behind it can be read";
    if (record.fields.size() != columns) return "the row has " + std::to_string(record.fields.size()) + " fields instead of 8";
    for (const auto& field : record.fields) {
        if (!http1::is_utf8(field)) return "a field is not UTF-8";
    }
    if (!invoices::is_word(record.fields[0], limits::invoice_number_bytes_max)) return "the invoice number is not 1 to 31 letters and digits";
    return {};
}

Reading read_fields(const std::vector<std::string>& f) {
    Reading reading;
    auto& row = reading.row;
    row.stock_code = f[1];
    row.description = f[2];
    row.price = f[5];
    reading.customer = customer_number(f[6]);
    reading.country = f[7];
    const auto [end, error] = std::from_chars(f[3].data(), f[3].data() + f[3].size(), row.quantity);
    const auto at = time_of(f[4]);
    const auto price = parse_ten_thousandths(f[5]);
    row.at = at.value_or(Time{});
    row.kind = read_models::line_kind(f[0], row.quantity, price.value_or(0));
    if (!Sku::parse(row.stock_code)) reading.problem = "the stock code is not 1 to " + std::to_string(Sku::capacity) + " printable ASCII characters";
    else if (row.description.size() > limits::product_name_bytes_max) reading.problem = "the description has more than " + std::to_string(limits::product_name_bytes_max) + " bytes";
    else if (error != std::errc{} || end != f[3].data() + f[3].size() || row.quantity < -limits::quantity_max || row.quantity > limits::quantity_max) reading.problem = "the quantity is no whole number within ten million";
    else if (!at) reading.problem = "the time is not YYYY-MM-DD hh:mm:ss";
    else if (!price) reading.problem = "the unit price is no decimal number with at most four digits after the point";
    else if (reading.customer.size() > limits::external_reference_bytes_max || reading.country.size() > limits::external_reference_bytes_max) reading.problem = "the customer or the country has more than 64 bytes";
    return reading;
}

std::size_t copies_in(const BookedInvoice& invoice) {
    using Fields = std::tuple<std::string_view, std::string_view, std::int64_t, std::string_view, std::int64_t>;
    std::vector<Fields> rows;
    for (const auto& row : invoice.rows) rows.emplace_back(row.stock_code, row.description, row.quantity, row.price, row.at.unix_us);
    std::ranges::sort(rows);
    return rows.size() - static_cast<std::size_t>(std::unique(rows.begin(), rows.end()) - rows.begin());
}

}  // namespace

Status BookReader::add(std::string_view text, std::string_view file) {
    if (auto headed = check_header(text, file); !headed) return headed;
    bool past_header = false;
    for (const auto& record : parse_csv(text)) {
        if (std::exchange(past_header, true)) add_row(record, file);
    }
    return {};
}

void BookReader::add_row(const CsvRecord& record, std::string_view file) {
    ++book_.rows;
    const auto fail = [&](std::string problem) {
        book_.unreadable.push_back({std::string(file), record.line, record.fields.empty() ? "" : record.fields[0], std::move(problem)});
    };
    if (auto problem = problem_of(record); !problem.empty()) return fail(std::move(problem));
    auto reading = read_fields(record.fields);
    if (!reading.problem.empty()) return fail(std::move(reading.problem));
    const auto [place, is_new] = places_.emplace(record.fields[0], book_.invoices.size());
    if (is_new) book_.invoices.push_back({record.fields[0], reading.customer, reading.country, {}});
    auto& invoice = book_.invoices[place->second];
    if (invoice.customer != reading.customer || invoice.country != reading.country) return fail("the invoice has another customer or country in an earlier row");
    if (invoice.rows.size() == limits::invoice_lines_max) return fail("the invoice has more than " + std::to_string(limits::invoice_lines_max) + " rows");
    if (reading.customer.empty()) ++book_.anonymous;
    reading.row.file = file;
    reading.row.line = record.line;
    invoice.rows.push_back(std::move(reading.row));
}

Book BookReader::take() {
    for (const auto& invoice : book_.invoices) book_.copies += copies_in(invoice);
    places_.clear();
    return std::move(book_);
}

}  // namespace granary::cli::retail
