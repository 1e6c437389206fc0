// Rows change in place, so the report is made of a snapshot of which it is certain what position it shows.
#include "query-side/queries/inventory_report.hpp"

#include <map>
#include <optional>
#include <utility>

#include "query-side/queries/lookup.hpp"
#include "query-side/queries/one_moment.hpp"
#include "query-side/read_models/inventory.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/row.hpp"

namespace granary::queries {
namespace {

using read_models::ProductRowT;
using read_models::StockRowT;

std::unexpected<Fault> damaged(std::string_view view) { return fault(FaultCode::corrupt, "a row of the view " + std::string(view) + " can't be read; rebuild the view"); }

// All rows of a view.
template <class Row, class Take>
Status read_rows(const Source& source, Moment& moment, std::string_view view, char tag, Take take) {
    bool broken = false;
    const auto scanned = with_table(source, view, [&](const std::string& table) -> Status {
        const std::string from = tag == 0 ? std::string() : std::string(1, tag);
        return moment.snapshot().scan(table, from, read_models::end_of_prefix(from), [&](std::string_view, std::string_view value) {
            const auto row = read_models::read_row<Row>(value);
            broken = !row;
            if (broken) return false;
            moment.note(row->changed_at);
            take(row->row);
            return true;
        });
    });
    if (!scanned) return scanned;
    return broken ? Status(damaged(view)) : Status();
}

struct Look {
    std::map<std::string, Amount, std::less<>> prices;  // by SKU
    std::vector<StockRowT> stock;
    PositionVector positions;
};

constexpr char stock_rows = 's';

Result<Look> look(const Source& source, Moment& moment) {
    Look found;
    auto read = read_rows<StockRowT>(source, moment, "stock", stock_rows, [&](const StockRowT& row) { found.stock.push_back(row); });
    if (read) read = read_rows<ProductRowT>(source, moment, "products", 0, [&](const ProductRowT& row) { found.prices.emplace(row.sku.view(), row.unit_price); });
    if (!read) return std::unexpected(std::move(read.error()));
    found.positions = moment.view().positions;
    return found;
}

std::optional<std::vector<std::string>> cells_of(const StockRowT& row, const Look& found) {
    std::vector<std::string> cells = {std::string(row.sku.view()), std::string(row.warehouse.view()), std::to_string(row.on_hand), std::to_string(row.reserved),
                                      std::to_string(read_models::available(row)), std::to_string(row.sold)};
    const auto price = found.prices.find(row.sku.view());
    if (price == found.prices.end()) {
        cells.insert(cells.end(), {"", "", ""});
        return cells;
    }
    std::int64_t value = 0;
    if (__builtin_mul_overflow(row.on_hand, price->second.ten_thousandths, &value)) return std::nullopt;
    cells.insert(cells.end(), {amount_text(price->second.ten_thousandths), amount_text(value), text_of(price->second.currency)});
    return cells;
}

}  // namespace

Result<Figures> StockReport::run(const std::string& warehouse) const {
    using enum FigureKind;
    auto found = look_at_one_moment(source_, [&](Moment& moment) { return look(source_, moment); });
    if (!found) return std::unexpected(std::move(found.error()));
    Figures figures;
    figures.positions = std::move(found->positions);
    figures.columns = {{"sku", text}, {"warehouse", text}, {"on_hand", integer}, {"reserved", integer}, {"available", integer}, {"sold", integer}, {"list_price", amount}, {"value", amount}, {"currency", text}};
    for (const auto& row : found->stock) {
        if (!warehouse.empty() && row.warehouse.view() != warehouse) continue;
        auto cells = cells_of(row, *found);
        if (!cells) return fault(FaultCode::unsupported, "the value of a stock is too large to be exact");
        figures.rows.push_back(std::move(*cells));
    }
    return figures;
}

}  // namespace granary::queries
