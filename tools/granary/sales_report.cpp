// Reads the sales rows of a store that nobody folds here.
#include "tools/granary/sales_report.hpp"

#include <utility>

#include "query-side/queries/sales_json.hpp"
#include "tools/granary/stored_views.hpp"

namespace granary::cli {
namespace {

template <class Row>
CallResult<JsonValue> value_of(const std::string& by, const Result<queries::Report<Row>>& report) {
    if (!report) return std::unexpected(failure_of(report.error()));
    auto value = parse_json(queries::json_of(by, *report));
    if (!value) return std::unexpected(failure_of(value.error()));
    return std::move(*value);
}

std::string cell_of(const JsonValue& row, std::string_view name, std::string_view member = {}) {
    const JsonValue* value = row.find(name);
    if (value != nullptr && !member.empty()) value = value->find(member);
    return value == nullptr ? std::string() : value->cell();
}

}  // namespace

std::string query_of(const SalesQuestion& question) {
    std::string query = "of=orders&by=" + percent_encoded(question.by);
    if (!question.range.from.empty()) query += "&from=" + percent_encoded(question.range.from);
    if (!question.range.to.empty()) query += "&to=" + percent_encoded(question.range.to);
    return query;
}

CallResult<JsonValue> sales_report(const ports::Store& views, const SalesQuestion& question) {
    StoredViews stored(views);
    if (auto read = stored.read("sales"); !read) return std::unexpected(failure_of(read.error()));
    const queries::SalesQueries sales(stored.source());
    if (question.by == "product") return value_of(question.by, sales.by_product(question.range));
    return value_of(question.by, sales.by_day(question.range));
}

Table table_of_sales(const JsonValue& report) {
    const bool by_product = report.string_at("by") == "product";
    Table table;
    if (by_product) {
        table.columns = {{"sku"}, {"name"}};
    } else {
        table.columns = {{"day"}};
    }
    table.columns.insert(table.columns.end(), {{"orders", true}, {"units", true}, {"gross", true}, {"refunded", true}, {"currency"}});
    const JsonValue* rows = report.find("rows");
    for (const auto& row : rows == nullptr ? std::vector<JsonValue>{} : rows->items) {
        std::vector<std::string> cells;
        for (const char* name : by_product ? std::vector{"sku", "name"} : std::vector{"day"}) cells.push_back(cell_of(row, name));
        cells.push_back(cell_of(row, "orders"));
        cells.push_back(cell_of(row, "units"));
        cells.push_back(cell_of(row, "gross", "amount"));
        cells.push_back(cell_of(row, "refunded", "amount"));
        cells.push_back(cell_of(row, "gross", "currency"));
        table.rows.push_back(std::move(cells));
    }
    return table;
}

}  // namespace granary::cli
