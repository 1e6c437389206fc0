// Rows as objects, amounts as the API writes them, and the positions behind them.
#include "query-side/queries/sales_json.hpp"

#include "core/json_writer.hpp"
#include "schemas/json_values.hpp"

namespace granary::queries {
namespace {

void write_row(JsonWriter& json, const DaySales& row) {
    json.begin_object().member("day", row.day).member("orders", row.orders).member("units", row.units);
    write_member(json, "gross", row.gross);
    write_member(json, "refunded", row.refunded);
    json.end_object();
}

void write_row(JsonWriter& json, const ProductSales& row) {
    json.begin_object().member("sku", row.sku).member("name", row.name).member("orders", row.orders).member("units", row.units);
    write_member(json, "gross", row.gross);
    json.end_object();
}

template <class Row>
std::string report_json(std::string_view by, const Report<Row>& report) {
    JsonWriter json;
    json.begin_object().member("by", by).key("rows").begin_array();
    for (const auto& row : report.rows) write_row(json, row);
    json.end_array().member("position", text_of(report.view.positions)).end_object();
    return json.take();
}

}  // namespace

std::string json_of(std::string_view by, const Report<DaySales>& report) { return report_json(by, report); }
std::string json_of(std::string_view by, const Report<ProductSales>& report) { return report_json(by, report); }

}  // namespace granary::queries
