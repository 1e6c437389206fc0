// JSON of orders; the order of members is part of the row's bytes, so it changes only together with the view's version.
#include "query-side/read_models/orders.hpp"

#include "query-side/read_models/customer_erasure.hpp"
#include "query-side/read_models/order_status.hpp"
#include "schemas/json_values.hpp"

namespace granary::read_models {
namespace {

void write_text(JsonWriter& json, std::string_view name, const std::string& text) {
    if (!text.empty()) json.member(name, text);
}

void write_payment(JsonWriter& json, const PaymentPartT& payment) {
    json.key("payment").begin_object();
    write_member(json, "id", payment.payment_id);
    json.key("status").string(word_of(static_cast<payments::PaymentStatus>(payment.status)));
    json.key("method").string(word_of(static_cast<orders::PaymentMethod>(payment.method)));
    write_member(json, "amount", payment.amount);
    write_member(json, "refunded", payment.refunded);
    write_text(json, "reason", payment.reason);
    json.end_object();
}

void write_shipment(JsonWriter& json, const ShipmentPartT& shipment) {
    json.key("shipment").begin_object();
    write_member(json, "id", shipment.shipment_id);
    json.key("status").string(word_of(static_cast<delivery::ShipmentStatus>(shipment.status)));
    write_text(json, "tracking_number", shipment.tracking_number);
    json.end_object();
}

void write_outline(JsonWriter& json, const OrderRowT& row) {
    write_member(json, "id", row.order_id);
    json.key("status").string(word_of(static_cast<OrderStatus>(row.status)));
    write_member(json, "customer", row.owner);
    write_text(json, "reference", row.reference);
    write_member(json, "total", row.total);
    json.member("line_count", static_cast<std::int64_t>(row.line_count));
    write_member(json, "warehouse", row.warehouse);
    write_member(json, "country", row.country);
    write_text(json, "reason", row.reason);
    write_member(json, "placed_at", row.placed_at);
    write_member(json, "updated_at", row.updated_at);
}

}  // namespace

std::string lines_json(const orders::OrderPlacedT& placed) {
    JsonWriter json;
    json.begin_array();
    for (const auto& line : placed.lines) {
        json.begin_object();
        write_member(json, "sku", line->sku);
        json.member("name", line->name);
        json.member("quantity", line->quantity);
        json.member("unit_price", decimal_text_of(line->unit_price));
        json.member("amount", decimal_text_of(line->amount));
        json.end_object();
    }
    json.end_array();
    return json.take();
}

void render(OrderRowT& row) {
    JsonWriter json;
    write_outline(json, row);
    json.member("version", static_cast<std::int64_t>(row.version));
    json.key("payment_method").string(word_of(static_cast<orders::PaymentMethod>(row.payment_method)));
    if (row.payment) write_payment(json, *row.payment);
    if (row.shipment) write_shipment(json, *row.shipment);
    write_erasure(json, row.erasure);
    row.members = json.take();
}

void write_personal_object(JsonWriter& json, std::string_view name, const PersonalField& field) {
    if (!field.given) return;
    json.key(name);
    if (!field.clear) {
        json.null();
    } else if (field.clear->starts_with('{') && field.clear->ends_with('}')) {
        json.raw(*field.clear);
    } else {
        json.string(*field.clear);
    }
}

void write_personal_text(JsonWriter& json, std::string_view name, const PersonalField& field) {
    if (!field.given) return;
    json.key(name);
    field.clear ? json.string(*field.clear) : json.null();
}

std::string page_json(const OrderRowT& row, const PersonalField& ship_to, const PersonalField& note) {
    JsonWriter json;
    json.begin_object().raw(row.members);
    json.key("lines").raw(row.lines);
    write_personal_object(json, "ship_to", ship_to);
    write_personal_text(json, "note", note);
    json.end_object();
    return json.take();
}

std::string summary_json(const OrderRowT& row) {
    JsonWriter json;
    json.begin_object();
    write_outline(json, row);
    json.end_object();
    return json.take();
}

}  // namespace granary::read_models
