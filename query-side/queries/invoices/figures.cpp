// Integers in, decimal text out.
#include "query-side/queries/invoices/figures.hpp"

#include "core/json_writer.hpp"

namespace granary::queries {
namespace {

std::string padded(std::uint64_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return text.size() >= digits ? text : std::string(digits - text.size(), '0') + text;
}

std::string_view name_of(FigureKind kind) {
    switch (kind) {
        case FigureKind::text: return "text";
        case FigureKind::integer: return "integer";
        case FigureKind::amount: return "amount";
        case FigureKind::ratio: return "ratio";
    }
    return {};
}

void write_cell(JsonWriter& json, FigureKind kind, const std::string& cell) {
    if (kind == FigureKind::integer) {
        json.raw(cell);
    } else {
        json.string(cell);
    }
}

}  // namespace

std::string json_of(std::string_view report, std::string_view by, const Figures& figures) {
    JsonWriter json;
    json.begin_object().member("report", report);
    if (!by.empty()) json.member("by", by);
    json.key("columns").begin_array();
    for (const auto& column : figures.columns) json.begin_object().member("name", column.name).member("kind", name_of(column.kind)).end_object();
    json.end_array().key("rows").begin_array();
    for (const auto& row : figures.rows) {
        json.begin_object();
        for (std::size_t i = 0; i < row.size(); ++i) write_cell(json.key(figures.columns[i].name), figures.columns[i].kind, row[i]);
        json.end_object();
    }
    json.end_array().member("position", text_of(figures.positions)).end_object();
    return json.take();
}

std::string amount_text(std::int64_t ten_thousandths) {
    const bool negative = ten_thousandths < 0;
    const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(ten_thousandths) : static_cast<std::uint64_t>(ten_thousandths);
    const std::uint64_t fraction = size % 10'000;
    const std::string decimals = fraction % 10 == 0 ? padded(fraction / 10, 3) : padded(fraction, 4);
    return (negative ? "-" : "") + std::to_string(size / 10'000) + "." + decimals;
}

std::string ratio_text(std::uint64_t numerator, std::uint64_t denominator) {
    __extension__ using Wide = unsigned __int128;
    constexpr std::uint64_t millionths = 1'000'000;
    const Wide scaled = (Wide{numerator} * millionths * 2 + denominator) / (Wide{denominator} * 2);
    const auto whole = static_cast<std::uint64_t>(scaled / millionths);
    return std::to_string(whole) + "." + padded(static_cast<std::uint64_t>(scaled % millionths), 6);
}

}  // namespace granary::queries
