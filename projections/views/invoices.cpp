// One event, one row.
#include "projections/views/invoices.hpp"

#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

read_models::InvoiceRowT row_of(const invoices::InvoiceImportedT& event, const Fact& fact) {
    read_models::InvoiceRowT row;
    row.source = event.source;
    row.number = event.number;
    row.customer = event.customer;
    row.country = event.country;
    row.recorded_at = fact.recorded_at();
    for (const auto& line : event.lines) {
        row.currency = line->unit_price.currency.code;  // that of all lines
        row.codes += line->stock_code.view();
        row.codes += '\n';
        row.quantities.push_back(line->quantity);
        row.prices.push_back(line->unit_price.ten_thousandths);
        row.times.push_back(line->at.unix_us);
    }
    return row;
}

}  // namespace

void apply_invoices(Rows& rows, const Fact& fact) {
    const auto* event = std::get_if<invoices::Event>(&fact.event);
    if (event == nullptr) return;
    std::visit([&](const auto& e) { rows.replace(read_models::invoice_key(e.source, e.number), row_of(e, fact)); }, *event);
}

}  // namespace granary::views
