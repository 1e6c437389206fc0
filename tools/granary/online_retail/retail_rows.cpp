// Parsing and classification of rows; nothing here talks to a server.
#include "tools/granary/online_retail/retail_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "core/http1.hpp"
#include "core/money.hpp"
#include "core/names.hpp"
#include "core/time.hpp"

namespace granary::cli::retail {
namespace {

constexpr std::size_t columns = 8;
constexpr std::string_view header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

constexpr std::array<std::pair<std::string_view, std::string_view>, 37> countries{{
    {"Australia", "AU"},     {"Austria", "AT"},   {"Bahrain", "BH"},        {"Belgium", "BE"},
    {"Brazil", "BR"},        {"Canada", "CA"},    {"Channel Islands", "GG"}, {"Cyprus", "CY"},
    {"Czech Republic", "CZ"}, {"Denmark", "DK"},  {"EIRE", "IE"},           {"Finland", "FI"},
    {"France", "FR"},        {"Germany", "DE"},   {"Greece", "GR"},         {"Hong Kong", "HK"},
    {"Iceland", "IS"},       {"Israel", "IL"},    {"Italy", "IT"},          {"Japan", "JP"},
    {"Lebanon", "LB"},       {"Lithuania", "LT"}, {"Malta", "MT"},          {"Netherlands", "NL"},
    {"Norway", "NO"},        {"Poland", "PL"},    {"Portugal", "PT"},       {"RSA", "ZA"},
    {"Saudi Arabia", "SA"},  {"Singapore", "SG"}, {"Spain", "ES"},          {"Sweden", "SE"},
    {"Switzerland", "CH"},   {"USA", "US"},       {"United Arab Emirates", "AE"}, {"United Kingdom", "GB"},
    {"European Community", "ZZ"},
}};

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

RowKind classify(const Row& row, std::int64_t price) {
    if (row.invoice.starts_with('C')) return RowKind::cancellation;
    if (row.invoice.starts_with('A')) return RowKind::adjustment;
    if (price > 0 && row.quantity > 0) return RowKind::sale;
    if (price == 0 && row.quantity > 0 && !row.customer.empty()) return RowKind::free_item;
    if (price == 0) return RowKind::stock_correction;
    return RowKind::malformed;
}

bool is_date(const std::string& text) { return text.size() == 10 && parse_rfc3339(text + "T00:00:00Z").has_value(); }

// What can't be read, or empty.
std::string problem_of(const Row& row, bool quantity_read, std::optional<std::int64_t> price) {
    const auto digits = row.invoice.substr(row.invoice.starts_with('C') || row.invoice.starts_with('A') ? 1 : 0);
    if (!all_digits(digits)) return "the invoice number is not digits with an optional C or A in front";
    if (row.sku.empty()) return "the stock code is empty";
    if (!Sku::parse(row.sku)) return "the stock code is not at most " + std::to_string(Sku::capacity) + " printable ASCII characters";
    if (!http1::is_utf8(row.name)) return "the description is not UTF-8";
    if (!quantity_read || row.quantity == 0) return "the quantity is no whole number other than zero";
    if (!price) return "the unit price is no decimal number with at most four digits after the point";
    if (!is_date(row.date)) return "the date is not YYYY-MM-DD";
    if (!row.customer.empty() && !all_digits(row.customer)) return "the customer number is not digits";
    if (row.invoice.starts_with('C') && (row.quantity > 0 || *price < 0)) return "a cancellation with a positive quantity or a negative price";
    return {};
}

Row to_row(const CsvRecord& record, std::string_view file) {
    Row row;
    row.file = file;
    row.line = record.line;
    if (record.open_quote) {
        row.problem = "a quote is never closed; nothing behind it can be read";
        return row;
    }
    if (record.fields.size() != columns) {
        row.problem = "the row has " + std::to_string(record.fields.size()) + " fields instead of 8";
        return row;
    }
    const auto& f = record.fields;
    row.invoice = f[0];
    row.sku = trimmed(f[1]);
    row.name = trimmed(f[2]);
    const auto [end, error] = std::from_chars(f[3].data(), f[3].data() + f[3].size(), row.quantity);
    row.date = f[4].substr(0, 10);
    row.price = f[5];
    row.customer = customer_number(f[6]);
    row.country = country_code(f[7]);
    const auto price = parse_ten_thousandths(f[5]);
    row.problem = problem_of(row, error == std::errc{} && end == f[3].data() + f[3].size(), price ? std::optional(*price) : std::nullopt);
    if (row.problem.empty()) row.kind = classify(row, *price);
    if (row.problem.empty() && row.kind == RowKind::malformed) row.problem = "a sale with a negative quantity and a price, or a negative price";
    return row;
}

}  // namespace

std::string customer_number(std::string_view text) {
    if (text.ends_with(".0")) text.remove_suffix(2);
    return std::string(text);
}

std::string_view name_of(RowKind kind) {
    switch (kind) {
        case RowKind::sale: return "sale";
        case RowKind::free_item: return "free_item";
        case RowKind::stock_correction: return "stock_correction";
        case RowKind::cancellation: return "cancellation";
        case RowKind::adjustment: return "adjustment";
        case RowKind::malformed: return "malformed";
    }
    return "malformed";
}

std::string_view country_code(std::string_view name) {
    const auto found = std::ranges::find_if(countries, [&](const auto& row) { return row.first == name; });
    return found == countries.end() ? "ZZ" : found->second;
}

namespace {

// One pass over the text, a character at a time. A quote opens a quoted field only where a field begins; elsewhere, as in
// `6" PLATE`, it is a character like any other.
class CsvParser {
  public:
    explicit CsvParser(std::string_view text) : text_(text) {}

    std::vector<CsvRecord> run() {
        for (; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\n') ++line_;
            if (quoted_) {
                take_quoted();
            } else {
                take_plain();
            }
        }
        record_.open_quote = quoted_;
        if (!field_.empty() || !record_.fields.empty() || quoted_) end_record();
        return std::move(records_);
    }

  private:
    bool next_is(char c) const { return at_ + 1 < text_.size() && text_[at_ + 1] == c; }

    void take_quoted() {
        if (text_[at_] != '"') {
            field_ += text_[at_];
        } else if (next_is('"')) {
            field_ += text_[++at_];
        } else {
            quoted_ = false;
        }
    }

    void take_plain() {
        const char c = text_[at_];
        if (c == '"' && field_begins_) {
            quoted_ = true;
            field_begins_ = false;
        } else if (c == ',') {
            end_field();
        } else if (c == '\n') {
            end_record();
        } else if (c != '\r' || !next_is('\n')) {
            field_ += c;
            field_begins_ = false;
        }
    }

    void end_field() {
        record_.fields.push_back(std::exchange(field_, {}));
        field_begins_ = true;
    }

    void end_record() {
        end_field();
        if (record_.fields.size() > 1 || !record_.fields[0].empty()) records_.push_back(std::move(record_));
        record_ = {line_, {}, false};
    }

    const std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
    std::string field_;
    bool quoted_ = false;
    bool field_begins_ = true;
    CsvRecord record_{1, {}, false};
    std::vector<CsvRecord> records_;
};

}  // namespace

std::vector<CsvRecord> parse_csv(std::string_view text) { return CsvParser(text).run(); }

Status check_header(std::string_view text, std::string_view file) {
    const auto first_line = text.substr(0, text.find_first_of("\r\n"));
    if (first_line == header) return {};
    return fault(FaultCode::invalid_argument, std::string(file) + ": the first line must be " + std::string(header));
}

Result<std::vector<Row>> parse_rows(std::string_view text, std::string_view file) {
    if (auto headed = check_header(text, file); !headed) return std::unexpected(std::move(headed.error()));
    std::vector<Row> rows;
    bool past_header = false;
    for (const auto& record : parse_csv(text)) {
        if (std::exchange(past_header, true)) rows.push_back(to_row(record, file));
    }
    return rows;
}

}  // namespace granary::cli::retail
