// One table of views; rows are decoded as queries decode them.
#include "tools/granary/exports/exported_views.hpp"

#include <algorithm>
#include <array>

#include "core/json_writer.hpp"
#include "core/money.hpp"
#include "query-side/read_models/customer_erasure.hpp"
#include "query-side/read_models/customers.hpp"
#include "query-side/read_models/inventory.hpp"
#include "query-side/read_models/invoices.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/orders.hpp"
#include "query-side/read_models/row.hpp"
#include "schemas/json_values.hpp"
#include "tools/granary/exports/list_rows.hpp"

namespace granary::cli {
namespace {

using namespace read_models;

// Decodes the row and emits json_of(row); entries, which have no payload, lead to rows and are passed over.
template <class Row, class JsonOf>
Status emit_row(std::string_view value, const EmitRow& emit, JsonOf json_of) {
    const auto parsed = parse_row(value);
    if (!parsed) return std::unexpected(parsed.error());
    if (parsed->payload.empty()) return {};
    const auto row = decode(std::type_identity<Row>{}, parsed->payload);
    if (!row) return std::unexpected(row.error());
    return emit(json_of(*row));
}

// Nothing of a field that was not given, or is to be left out.
Result<PersonalField> opened(ports::Sealer* personal, const std::unique_ptr<wire::SealedT>& sealed) {
    if (personal == nullptr || !sealed || sealed->box.empty()) return PersonalField{};
    auto clear = personal->open(*sealed);
    if (!clear) return std::unexpected(std::move(clear.error()));
    return PersonalField{true, std::move(*clear)};
}

// A row with two personal fields, as `render` puts them together.
template <class Row, class Render>
Status personal_row(std::string_view value, ports::Sealer* personal, std::unique_ptr<wire::SealedT> Row::* first, std::unique_ptr<wire::SealedT> Row::* second, const EmitRow& emit, Render render) {
    const auto stored = read_row<Row>(value);
    if (!stored) return std::unexpected(stored.error());
    const Row& row = stored->row;
    const bool gone = personal != nullptr && is_erased(row.erasure);
    const auto one = gone ? Result<PersonalField>(PersonalField{true, std::nullopt}) : opened(personal, row.*first);
    const auto other = gone ? Result<PersonalField>(PersonalField{true, std::nullopt}) : opened(personal, row.*second);
    if (!one) return std::unexpected(one.error());
    if (!other) return std::unexpected(other.error());
    return emit(render(row, *one, *other));
}

Status order_rows(std::string_view, std::string_view value, ports::Sealer* personal, const EmitRow& emit) {
    return personal_row(value, personal, &OrderRowT::ship_to, &OrderRowT::note, emit, page_json);
}
Status customer_rows(std::string_view, std::string_view value, ports::Sealer* personal, const EmitRow& emit) {
    return personal_row(value, personal, &CustomerRowT::profile, &CustomerRowT::address, emit, profile_json);
}
template <class Row>
Status rendered_rows(std::string_view, std::string_view value, ports::Sealer*, const EmitRow& emit) {
    return emit_row<Row>(value, emit, [](const Row& row) { return row.json; });
}

Status timeline_rows(std::string_view key, std::string_view value, ports::Sealer*, const EmitRow& emit) {
    const auto order = KeyReader(key).id();
    const auto stored = read_row<TimelineRowT>(value);
    if (!stored) return std::unexpected(stored.error());
    if (!order) return damaged_row("order_timeline");
    if (stored->row.audience == Audience::nobody) return {};
    JsonWriter json;
    json.begin_object().member("order_id", text_of(OrderId{*order})).end_object();
    std::string text = json.take();
    text.pop_back();
    return emit(text + "," + stored->row.json.substr(1));
}

std::string line_json(const InvoiceRowT& row, std::size_t line, std::string_view code) {
    JsonWriter json;
    json.begin_object().member("source", row.source).member("number", row.number).member("customer", row.customer).member("country", row.country);
    json.member("line", static_cast<std::int64_t>(line + 1)).member("kind", name_of(line_kind(row.number, row.quantities[line], row.prices[line]))).member("stock_code", code);
    json.member("quantity", row.quantities[line]).member("unit_price_ten_thousandths", row.prices[line]).member("currency", text_of(Currency{row.currency}));
    json.member("booked_at", rfc3339_of(Time{row.times[line]})).member("recorded_at", rfc3339_of(row.recorded_at)).end_object();
    return json.take();
}

Status invoice_rows(std::string_view, std::string_view value, ports::Sealer*, const EmitRow& emit) {
    const auto stored = read_row<InvoiceRowT>(value);
    if (!stored) return std::unexpected(stored.error());
    const auto& row = stored->row;
    std::string_view codes = row.codes;
    for (std::size_t line = 0; line < row.quantities.size(); ++line) {
        const auto end = codes.find('\n');
        if (end == std::string_view::npos || line >= row.prices.size() || line >= row.times.size()) return fault(FaultCode::corrupt, "invoice " + row.number + " has columns of different lengths");
        if (auto emitted = emit(line_json(row, line, codes.substr(0, end))); !emitted) return emitted;
        codes.remove_prefix(end + 1);
    }
    return {};
}

template <std::size_t Count>
constexpr std::array<std::string_view, Count + 2> with(const std::array<std::string_view, Count>& columns, std::string_view first, std::string_view second) {
    std::array<std::string_view, Count + 2> all{};
    std::ranges::copy(columns, all.begin());
    all[Count] = first;
    all[Count + 1] = second;
    return all;
}

constexpr std::array<std::string_view, 21> order_columns{"id", "status", "customer", "reference", "total.amount", "total.currency", "line_count", "warehouse", "country", "placed_at", "updated_at", "version",
                                                         "payment_method", "reason", "payment.id", "payment.status", "payment.captured.amount", "payment.refunded.amount", "shipment.id", "shipment.status", "shipment.tracking_number"};
constexpr std::array<std::string_view, 5> timeline_columns{"order_id", "type", "position", "occurred_at", "recorded_at"};
constexpr std::array<std::string_view, 11> payment_columns{"id", "order_id", "status", "method", "amount.amount", "amount.currency", "captured.amount", "refunded.amount", "provider_reference", "started_at", "updated_at"};
constexpr std::array<std::string_view, 8> product_columns{"sku", "name", "unit_price.amount", "unit_price.currency", "retired", "created_at", "updated_at", "version"};
constexpr std::array<std::string_view, 7> stock_columns{"sku", "warehouse", "on_hand", "reserved", "available", "sold", "updated_at"};
constexpr std::array<std::string_view, 6> customer_columns{"id", "country", "reference", "registered_at", "updated_at", "version"};
constexpr std::array<std::string_view, 23> personal_order_columns = with(order_columns, "ship_to", "note");
constexpr std::array<std::string_view, 8> personal_customer_columns = with(customer_columns, "profile", "address");
constexpr std::array<std::string_view, 12> invoice_columns{"source", "number", "line", "kind", "stock_code", "quantity", "unit_price_ten_thousandths", "currency", "customer", "country", "booked_at", "recorded_at"};
constexpr std::array<std::string_view, 3> customer_order_columns{"customer", "order_id", "placed_at"};
constexpr std::array<std::string_view, 3> status_order_columns{"status", "order_id", "placed_at"};
constexpr std::array<std::string_view, 13> sales_columns{"per", "day", "order_id", "sku", "currency", "partition", "orders", "units", "gross_ten_thousandths", "refunded_ten_thousandths", "total_ten_thousandths", "paid", "ended"};
constexpr std::array<std::string_view, 9> access_columns{"at", "principal", "role", "key", "operation", "target", "status", "trace_id", "position"};
constexpr std::array<std::string_view, 15> columns_of_events{"position", "partition", "offset", "index", "aggregate", "key", "version", "name", "type", "id", "occurred_at", "recorded_at", "actor", "correlation", "causation"};

constexpr ExportedView exported[] = {
    {"orders", order_columns, order_rows, personal_order_columns},
    {"customer_orders", customer_order_columns, customer_order_rows},
    {"orders_by_status", status_order_columns, status_order_rows},
    {"order_timeline", timeline_columns, timeline_rows},
    {"payments", payment_columns, rendered_rows<PaymentRowT>},
    {"products", product_columns, rendered_rows<ProductRowT>},
    {"stock", stock_columns, rendered_rows<StockRowT>},
    {"customers", customer_columns, customer_rows, personal_customer_columns},
    {"sales", sales_columns, sales_rows},
    {"invoices", invoice_columns, invoice_rows},
    {"access_log", access_columns, access_rows},
};

}  // namespace

std::unexpected<Fault> damaged_row(std::string_view view) { return fault(FaultCode::corrupt, "a row of " + std::string(view) + " has a key that this version does not write"); }

const ExportedView* exported_view(std::string_view view) {
    const auto* found = std::ranges::find(exported, view, &ExportedView::view);
    return found == std::end(exported) ? nullptr : found;
}

std::string exported_view_names() {
    std::string names;
    for (const auto& each : exported) names.append(names.empty() ? "" : ", ").append(each.view);
    return names;
}

ExportColumns event_columns() { return columns_of_events; }

}  // namespace granary::cli
