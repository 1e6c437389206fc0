// Keys read back part by part, as query-side/read_models/keys.hpp puts them together.
#include "tools/granary/exports/list_rows.hpp"

#include "core/json_writer.hpp"
#include "core/money.hpp"
#include "query-side/read_models/keys.hpp"
#include "query-side/read_models/orders.hpp"
#include "query-side/read_models/row.hpp"
#include "schemas/json_values.hpp"

namespace granary::cli {
namespace {

using namespace read_models;

// What stands behind the prefix of both lists of orders.
void write_place(JsonWriter& json, Time placed_at, OrderId order) {
    json.member("order_id", text_of(order));
    write_member(json, "placed_at", placed_at);
    json.end_object();
}

Status sales_order_row(OrderId id, const SalesOrderRowT& order, const EmitRow& emit) {
    JsonWriter json;
    json.begin_object().member("per", "order").member("order_id", text_of(id)).member("day", order.day).member("currency", text_of(Currency{order.currency}));
    json.member("paid", order.paid).member("ended", order.ended).member("total_ten_thousandths", order.total).member("refunded_ten_thousandths", order.refunded);
    json.key("lines").begin_array();
    for (const auto& line : order.lines) {
        json.begin_object().member("sku", line->sku.view()).member("units", line->units).member("gross_ten_thousandths", line->gross).end_object();
    }
    json.end_array().end_object();
    return emit(json.take());
}

// One partition's share of a day, or of a product's day.
Status sales_total_row(bool of_product, KeyReader key, const SalesTotalsRowT& totals, const EmitRow& emit) {
    const auto day = key.text(day_bytes);
    const auto sku = of_product ? key.word() : std::string_view();
    const auto currency = key.small();
    const auto partition = key.small();
    if (!day || !sku || !currency || !partition || !key.rest().empty()) return damaged_row("sales");
    JsonWriter json;
    json.begin_object().member("per", of_product ? "product" : "day").member("day", *day);
    if (of_product) json.member("sku", *sku);
    json.member("currency", text_of(Currency{*currency})).member("partition", static_cast<std::int64_t>(*partition));
    json.member("orders", totals.orders).member("units", totals.units).member("gross_ten_thousandths", totals.gross).member("refunded_ten_thousandths", totals.refunded).end_object();
    return emit(json.take());
}

}  // namespace

Status customer_order_rows(std::string_view key, std::string_view, ports::Sealer*, const EmitRow& emit) {
    KeyReader parts(key);
    const auto customer = parts.id();
    const auto placed_at = parts.newest_first();
    const auto order = parts.id();
    if (!customer || !placed_at || !order || !parts.rest().empty()) return damaged_row("customer_orders");
    JsonWriter json;
    json.begin_object().member("customer", text_of(CustomerId{*customer}));
    write_place(json, *placed_at, OrderId{*order});
    return emit(json.take());
}

Status status_order_rows(std::string_view key, std::string_view, ports::Sealer*, const EmitRow& emit) {
    if (!key.starts_with(status_tag)) return {};  // where one order stands, for the next event
    if (key.size() < 2) return damaged_row("orders_by_status");
    KeyReader parts(key.substr(2));
    const auto placed_at = parts.newest_first();
    const auto order = parts.id();
    const auto status = word_of(static_cast<OrderStatus>(key[1]));
    if (!placed_at || !order || !parts.rest().empty() || status.empty()) return damaged_row("orders_by_status");
    JsonWriter json;
    json.begin_object().member("status", status);
    write_place(json, *placed_at, OrderId{*order});
    return emit(json.take());
}

Status sales_rows(std::string_view key, std::string_view value, ports::Sealer*, const EmitRow& emit) {
    if (key.empty()) return damaged_row("sales");
    KeyReader parts(key.substr(1));
    if (key.front() == sales_day_tag || key.front() == sales_product_tag) {
        const auto totals = read_row<SalesTotalsRowT>(value);
        return totals ? sales_total_row(key.front() == sales_product_tag, parts, totals->row, emit) : std::unexpected(totals.error());
    }
    const auto id = parts.id();
    if (!id || !parts.rest().empty()) return damaged_row("sales");
    const auto order = read_row<SalesOrderRowT>(value);
    return order ? sales_order_row(OrderId{*id}, order->row, emit) : std::unexpected(order.error());
}

Status access_rows(std::string_view key, std::string_view value, ports::Sealer*, const EmitRow& emit) {
    if (!key.starts_with(access_prefix())) return {};  // the same among those of its principal
    const auto access = read_row<AccessRowT>(value);
    return access ? emit(access->row.json) : std::unexpected(access.error());
}

}  // namespace granary::cli
