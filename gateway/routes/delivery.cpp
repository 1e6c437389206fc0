// Shipping costs a base and a share for each started ten pieces, by zone; the table below is the tariff.
#include "gateway/routes/delivery.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/middleware/reading.hpp"

namespace granary::gateway {
namespace {

struct Zone {
    std::string_view name;
    std::string_view countries;  // two letters each, separated by spaces; empty = everywhere else
    std::int64_t base_minor;
    std::int64_t per_ten_pieces_minor;
    int days_min;
    int days_max;
};

constexpr Currency tariff_currency = currency("GBP");
constexpr std::array tariff = {
    Zone{"domestic", "GB IM JE GG", 395, 100, 1, 2},
    Zone{"europe", "IE FR DE NL BE LU ES PT IT AT CH DK SE NO FI IS PL CZ GR CY MT LT LV EE HU SK SI RO BG HR", 995, 250, 3, 5},
    Zone{"world", "", 1995, 500, 5, 12},
};

const Zone& zone_of(std::string_view country) {
    const auto* const found = std::ranges::find_if(tariff, [&](const Zone& zone) { return zone.countries.empty() || zone.countries.contains(country); });
    return *found;
}

// The shipments of an order's page: none or one until orders are split (DEL-7).
std::string shipments_json(const queries::Document& order) {
    const auto parsed = JsonDocument::parse(order.json);
    const auto shipment = parsed ? parsed->root().member("shipment") : JsonNode();
    return shipment ? shipment.canonical() : std::string();
}

void with_order(const CallPtr& call, OrderId id, std::function<void(const CallPtr&, const queries::Document&)> use) {
    const auto find = [id](const Call& at) { return at.services().orders.get(id); };
    with_document(call, {call->services().orders.partition(id)}, Permission::orders_all, find, std::move(use));
}

}  // namespace

void calculate_shipping(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto country = reader.country("country", required);
    const auto pieces = reader.integer("pieces", required, {1, limits::quantity_max});
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    const Zone& zone = zone_of(country->view());
    const std::int64_t minor = zone.base_minor + (*pieces + 9) / 10 * zone.per_ten_pieces_minor;
    JsonWriter json;
    json.begin_object().member("country", country->view()).member("pieces", *pieces).member("zone", zone.name);
    json.key("price").begin_object().member("amount", minor).member("currency", text_of(tariff_currency)).end_object();
    json.member("days_min", std::int64_t{zone.days_min}).member("days_max", std::int64_t{zone.days_max}).end_object();
    call->answer(json_response(200, json.take()));
}

void track_shipment(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto id = reader.id<OrderId>("order", required);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    call->looked_at = "order=" + text_of(*id);
    with_order(call, *id, [id = *id](const CallPtr& found, const queries::Document& order) {
        const auto shipment = shipments_json(order);
        JsonWriter json;
        json.begin_object().member("order", text_of(id)).key("shipment");
        if (shipment.empty()) json.null();
        else json.raw(shipment);
        json.end_object();
        auto answer = order;
        answer.json = json.take();
        answer_document(found, answer);
    });
}

void list_order_shipments(const CallPtr& call) {
    const auto id = path_id<OrderKind>(call, 2);
    if (!id) return;
    with_order(call, *id, [](const CallPtr& found, const queries::Document& order) {
        const auto shipment = shipments_json(order);
        auto answer = order;
        answer.json = page_body(shipment.empty() ? std::vector<std::string>() : std::vector<std::string>{shipment}, {});
        answer_document(found, answer);
    });
}

}  // namespace granary::gateway
