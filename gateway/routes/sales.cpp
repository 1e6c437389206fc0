// A report says which position vector it answers for.
#include "gateway/routes/sales.hpp"

#include "gateway/middleware/freshness_gate.hpp"
#include "schemas/json_values.hpp"

namespace granary::gateway {
namespace {

void write_row(JsonWriter& json, const queries::DaySales& row) {
    json.begin_object().member("day", row.day).member("orders", row.orders).member("units", row.units);
    write_member(json, "gross", row.gross);
    write_member(json, "refunded", row.refunded);
    json.end_object();
}

void write_row(JsonWriter& json, const queries::ProductSales& row) {
    json.begin_object().member("sku", row.sku).member("name", row.name).member("orders", row.orders).member("units", row.units);
    write_member(json, "gross", row.gross);
    json.end_object();
}

template <class Row>
void answer_report(const CallPtr& call, std::string_view by, const Result<queries::Report<Row>>& report) {
    if (!report && report.error().code == FaultCode::invalid_argument) return call->fail(ProblemCode::invalid_parameter, "from and to must be dates such as 2010-12-01, from not after to");
    if (!report) return call->fail(problem_for(report.error()));
    JsonWriter json;
    json.begin_object().member("by", by).key("rows").begin_array();
    for (const auto& row : report->rows) write_row(json, row);
    json.end_array().member("position", text_of(report->view.positions)).end_object();
    auto response = json_response(200, json.take());
    write_freshness(response.headers, report->view);
    call->answer(std::move(response));
}

}  // namespace

void report_sales(const CallPtr& call) {
    const auto value = [&](std::string_view name) {
        const auto* text = call->request.query_value(name);
        return text != nullptr ? *text : std::string();
    };
    const queries::DayRange range{value("from"), value("to")};
    const std::string by = value("by").empty() ? "day" : value("by");
    if (by == "day") return answer_report(call, by, call->services().sales.by_day(range));
    if (by == "product") return answer_report(call, by, call->services().sales.by_product(range));
    call->fail(ProblemCode::invalid_parameter, "by must be day or product");
}

}  // namespace granary::gateway
