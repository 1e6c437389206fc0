// Fields are read in the order of the documentation; all errors are collected before any is answered.
#include "gateway/routes/orders_request.hpp"

#include <utility>

#include "core/mutants.hpp"
#include "gateway/middleware/luhn.hpp"
#include "gateway/middleware/personal.hpp"

namespace granary::gateway {
namespace {

void read_line(JsonNode node, OrderRequest& order, BodyErrors& errors) {
    ObjectReader reader(node, errors);
    const auto sku = reader.sku("sku", required);
    const auto quantity = reader.integer("quantity", required, {1, limits::quantity_max});
    auto unit_price = reader.price("unit_price", optional_field);
    reader.done();
    order.lines.push_back({sku.value_or(Sku{}), quantity.value_or(0), unit_price});
}

void read_payment(ObjectReader& body, OrderRequest& order, BodyErrors& errors) {
    const JsonNode node = body.node("payment", optional_field);
    if (!node) return;
    ObjectReader reader(node, errors);
    order.token = reader.text("token", required, limits::payment_token_bytes_max, 1).value_or("");
    if (const auto method = reader.word("method", optional_field, payment_method_words)) order.method = payment_method_at(*method);
    reader.done();
}

// Lines may name SKUs that look like anything; everything else must not look like a card number.
bool refuses_card_number(const CallPtr& call, const JsonDocument& body) {
    for (JsonNode member = body.root().kind() == JsonKind::object ? body.root().first() : JsonNode(); member; member = member.next()) {
        if (member.name() == "lines") continue;
        const auto found = find_card_number(member);
        if (!found.found) continue;
        call->fail(Problem{.code = ProblemCode::card_number, .errors = {{found.pointer, "looks like a card number"}}});
        return true;
    }
    return false;
}

// What only some may say.
bool refuses_fields(const CallPtr& call, const OrderRequest& order, bool names_customer) {
    if (call->may(Permission::orders_import)) return false;
    for (std::size_t i = 0; i < order.lines.size(); ++i) {
        if (!order.lines[i].unit_price) continue;
        call->fail(Problem{.code = ProblemCode::forbidden, .detail = "naming a price needs the permission orders:import", .errors = {{"/lines/" + std::to_string(i) + "/unit_price", "must be left out"}}});
        return true;
    }
    if (!names_customer || order.customer == call->principal->customer || GRANARY_MUTANT(other_customer_named)) return false;
    call->fail(Problem{.code = ProblemCode::forbidden, .detail = "ordering for somebody else needs the permission orders:import", .errors = {{"/customer", "must be left out"}}});
    return true;
}

}  // namespace

orders::PaymentMethod payment_method_at(std::size_t place) {
    constexpr orders::PaymentMethod methods[] = {orders::PaymentMethod::card, orders::PaymentMethod::bank_transfer, orders::PaymentMethod::upi, orders::PaymentMethod::cash_on_delivery};
    return methods[place];
}

std::optional<OrderRequest> read_order_request(const CallPtr& call, const JsonDocument& body) {
    if (refuses_card_number(call, body)) return std::nullopt;
    OrderRequest order;
    BodyErrors errors;
    ObjectReader reader(body.root(), errors);
    for (const JsonNode line : reader.items("lines", required, 1, limits::order_lines_max)) read_line(line, order, errors);
    const auto default_warehouse = WarehouseCode::parse(call->edge->options.default_warehouse);
    order.warehouse = reader.warehouse("warehouse", optional_field).value_or(default_warehouse.value_or(WarehouseCode{}));
    order.country = reader.country("country", required).value_or(CountryCode{});
    order.ship_to = read_personal_object(reader, "ship_to", address_fields, errors).value_or("");
    order.note = reader.text("note", optional_field, limits::personal_text_bytes_max).value_or("");
    read_payment(reader, order, errors);
    order.reference = reader.text("reference", optional_field, limits::external_reference_bytes_max).value_or("");
    const auto customer = reader.id<CustomerId>("customer", optional_field);
    reader.done();
    if (!errors.empty()) {
        call->fail(std::move(errors).problem());
        return std::nullopt;
    }
    order.customer = customer.value_or(call->principal->customer);
    if (refuses_fields(call, order, customer.has_value())) return std::nullopt;
    return order;
}

}  // namespace granary::gateway
