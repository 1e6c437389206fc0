// Both ways end in the same JSON, which is then laid out as a table.
#include "tools/granary/invoice_report.hpp"

#include <utility>

#include "tools/granary/json_value.hpp"
#include "tools/granary/stored_views.hpp"

namespace granary::cli {
namespace {

std::string path_of(const InvoiceReportQuestion& question) {
    std::string path = "/v1/reports/" + question.report;
    char separator = '?';
    const auto add = [&](std::string_view name, const std::string& value) {
        if (value.empty()) return;
        path += std::exchange(separator, '&');
        path += std::string(name) + "=" + percent_encoded(value);
    };
    add("of", question.report == "sales" ? "invoices" : "");
    add("by", question.by);
    add("top", question.report == "products" || question.report == "pairs" ? std::to_string(question.top) : "");
    add("as_of", question.scope.as_of);
    add("until", question.scope.until);
    add("currency", question.scope.currency);
    return path;
}

}  // namespace

CallResult<PrintedReport> laid_out(const JsonValue& json) {
    PrintedReport report{json.json(), {}, std::string(json.string_at("position"))};
    const auto* columns = json.find("columns");
    const auto* rows = json.find("rows");
    if (columns == nullptr || rows == nullptr) return std::unexpected(failure_of(Fault{FaultCode::corrupt, "the report has no rows"}));
    for (const auto& column : columns->items) report.table.columns.push_back({std::string(column.string_at("name")), column.string_at("kind") != "text"});
    for (const auto& row : rows->items) {
        std::vector<std::string> cells;
        for (const auto& cell : row.items) cells.push_back(cell.cell());
        if (cells.size() != columns->items.size()) return std::unexpected(failure_of(Fault{FaultCode::corrupt, "a row of the report has not as many cells as there are columns"}));
        report.table.rows.push_back(std::move(cells));
    }
    return report;
}

CallResult<PrintedReport> laid_out(std::string_view report, std::string_view by, const Result<queries::Figures>& figures) {
    if (!figures) return std::unexpected(failure_of(figures.error()));
    const auto json = parse_json(queries::json_of(report, by, *figures));
    if (!json) return std::unexpected(failure_of(json.error()));
    return laid_out(*json);
}

CallResult<PrintedReport> invoice_report(const ports::Store& views, const InvoiceReportQuestion& question) {
    StoredViews stored(views);
    if (auto read = stored.read("invoices"); !read) return std::unexpected(failure_of(read.error()));
    auto scope = queries::parse_scope(question.scope);
    if (!scope) return std::unexpected(failure_of(scope.error()));
    return laid_out(question.report, question.by, queries::InvoiceReports(stored.source()).run({question.report, question.by, question.top, std::move(*scope)}));
}

CallResult<PrintedReport> invoice_report(ServerCalls& server, const InvoiceReportQuestion& question) {
    const auto json = server.get(path_of(question));
    if (!json) return std::unexpected(json.error());
    return laid_out(*json);
}

}  // namespace granary::cli
