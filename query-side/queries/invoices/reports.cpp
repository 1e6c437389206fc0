// Each report is a fold over one scan.
#include "query-side/queries/invoices/reports.hpp"

#include <utility>

#include "query-side/queries/invoices/cohorts.hpp"
#include "query-side/queries/invoices/pairs.hpp"
#include "query-side/queries/invoices/sales.hpp"

namespace granary::queries {
namespace {

// Scans, and lets `figures_of` make of the fold what is asked.
template <class Fold, class FiguresOf>
Result<Figures> fold(const Source& source, const ReportScope& scope, Fold fold, FiguresOf figures_of) {
    Customers customers;
    auto positions = scan_invoices(source, scope, customers, [&](const ReportInvoice& invoice) { fold.take(invoice); });
    if (!positions) return std::unexpected(std::move(positions.error()));
    std::optional<Figures> figures = figures_of(fold, customers);
    if (!figures) return fault(FaultCode::unsupported, "a sum is too large to be exact; ask for a smaller part");
    figures->positions = std::move(*positions);
    return std::move(*figures);
}

Result<Figures> sales(const Source& source, const InvoiceQuestion& question) {
    if (const auto by = parse_group_by(question.by)) return fold(source, question.scope, GroupedSales(*by), [](const auto& sums, const auto&) { return sums.figures(); });
    if (question.by == "product") return fold(source, question.scope, SalesByProduct(), [](const auto& sums, const auto&) { return sums.figures(std::nullopt); });
    if (question.by == "customer") return fold(source, question.scope, SalesByCustomer(), [](const auto& sums, const auto& customers) { return sums.figures(customers); });
    return fault(FaultCode::invalid_argument, "by must be day, month, hour, weekday, country, product or customer");
}

constexpr std::string_view last_moment = "T23:59:59.999999Z";

// A bare date means its whole day.
std::optional<Time> parse_moment(const std::string& text) {
    constexpr std::size_t date_bytes = 10;
    return parse_rfc3339(text.size() == date_bytes ? text + std::string(last_moment) : text);
}

// `0:17,3:9`.
std::optional<PositionVector> parse_positions(std::string_view text) {
    PositionVector vector;
    if (text == "-") return vector;  // an empty log's
    while (true) {
        const auto comma = text.find(',');
        const auto position = parse_position(text.substr(0, comma));
        if (!position || position->partition.number >= limits::partitions_max) return std::nullopt;
        if (vector.size() <= position->partition.number) vector.resize(position->partition.number + 1);
        if (vector[position->partition.number].number != Offset::none) return std::nullopt;  // named twice
        vector[position->partition.number] = position->offset;
        if (comma == std::string_view::npos) return vector;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace

Result<ReportScope> parse_scope(const ScopeTexts& texts) {
    ReportScope scope;
    if (!texts.as_of.empty()) {
        scope.as_of = parse_moment(texts.as_of);
        if (!scope.as_of) scope.as_of_positions = parse_positions(texts.as_of);
        if (!scope.as_of && !scope.as_of_positions) return fault(FaultCode::invalid_argument, "as_of must be a time such as 2011-06-30T12:00:00Z, a date, or positions such as 0:17,3:9");
    }
    if (!texts.until.empty()) {
        scope.until = parse_moment(texts.until);
        if (!scope.until) return fault(FaultCode::invalid_argument, "until must be a time such as 2011-06-30T12:00:00Z, or a date");
    }
    if (!texts.currency.empty()) {
        const auto currency = parse_currency(texts.currency);
        if (!currency) return fault(FaultCode::invalid_argument, "currency must be a known currency code (ISO 4217) in upper case");
        scope.currency = *currency;
    }
    return scope;
}

Result<Figures> InvoiceReports::run(const InvoiceQuestion& question) const {
    if (question.top < 1 || question.top > limits::report_rows_max) return fault(FaultCode::invalid_argument, "top must be from 1 to " + std::to_string(limits::report_rows_max));
    if (question.report == "sales") return sales(source_, question);
    if (question.report == "products") {
        return fold(source_, question.scope, SalesByProduct(), [&](const auto& sums, const auto&) { return sums.figures(question.top); });
    }
    if (question.report == "cohorts") return fold(source_, question.scope, Cohorts(), [](const auto& sums, const auto&) { return std::optional(sums.figures()); });
    if (question.report == "pairs") return fold(source_, question.scope, Pairs(), [&](const auto& sums, const auto&) { return std::optional(sums.figures(question.top)); });
    return fault(FaultCode::invalid_argument, "there is no such report");
}

}  // namespace granary::queries
