// A reservation lives with its stock, so requests about one name SKU and warehouse as well.
#include "gateway/routes/inventory.hpp"

#include <utility>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/middleware/paging.hpp"
#include "gateway/middleware/reading.hpp"

namespace granary::gateway {
namespace {

struct Place {
    Sku sku;
    WarehouseCode warehouse;
};

std::optional<Place> read_place(ObjectReader& body) {
    const auto sku = body.sku("sku", required);
    const auto warehouse = body.warehouse("warehouse", required);
    if (!sku || !warehouse) return std::nullopt;
    return Place{*sku, *warehouse};
}

std::string location_of(const Place& place) { return "/v1/stock/" + percent_encoded(place.sku.view()) + "?warehouse=" + std::string(place.warehouse.view()); }

JsonWriter begin_place(const Place& place) {
    JsonWriter json;
    json.begin_object().member("sku", place.sku.view()).member("warehouse", place.warehouse.view());
    return json;
}

// What a command about stock answers with, complete but for the closing brace.
http::Response created_at(const Place& place, JsonWriter json, const ports::CommandAnswer& answer) {
    if (answer.commit) json.member("recorded_at", rfc3339_of(answer.commit->meta.time));
    json.end_object();
    auto response = json_response(201, json.take());
    response.headers.add("location", location_of(place));
    return response;
}

template <class CommandType>
CommandCall wish_for(const CallPtr& call, const JsonDocument& body, CommandType command) {
    const auto id = command_id_for(*call, command.sku.view());
    return {.command = inventory::Command(std::move(command)), .id = id, .fingerprint = fingerprint_of(*call, body)};
}

// Reads {sku, warehouse, reason?} of a request about the reservation in the path.
struct ReservationRequest {
    ReservationId id;
    Place place;
    std::string reason;
};
std::optional<ReservationRequest> read_reservation(const CallPtr& call, const JsonDocument& body, bool with_reason) {
    const auto id = path_id<ReservationKind>(call, 2);
    if (!id) return std::nullopt;
    BodyErrors errors;
    ObjectReader reader(body.root(), errors);
    const auto place = read_place(reader);
    const auto reason = with_reason ? reader.text("reason", optional_field, limits::reason_bytes_max) : std::nullopt;
    reader.done();
    if (!errors.empty()) {
        call->fail(std::move(errors).problem());
        return std::nullopt;
    }
    return ReservationRequest{*id, *place, std::string(reason.value_or(""))};
}

RenderAnswer reservation_answer(const ReservationRequest& request, std::string_view status) {
    return [request, status](const ports::CommandAnswer&) {
        JsonWriter json;
        json.begin_object().member("id", text_of(request.id)).member("sku", request.place.sku.view()).member("warehouse", request.place.warehouse.view());
        json.member("status", status).end_object();
        return json_response(200, json.take());
    };
}

}  // namespace

void receive_stock(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto place = read_place(reader);
    const auto quantity = reader.integer("quantity", required, {1, limits::quantity_max});
    const auto reference = reader.text("reference", optional_field, limits::external_reference_bytes_max);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    inventory::ReceiveStockT command;
    command.sku = place->sku;
    command.warehouse = place->warehouse;
    command.quantity = *quantity;
    command.reference = reference.value_or("");
    run_command(call, wish_for(call, *body, std::move(command)), [place = *place, quantity = *quantity](const ports::CommandAnswer& answer) {
        auto json = begin_place(place);
        json.member("quantity", quantity);
        return created_at(place, std::move(json), answer);
    });
}

void adjust_stock(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto place = read_place(reader);
    const auto delta = reader.integer("delta", required, {-limits::quantity_max, limits::quantity_max});
    if (delta == 0) reader.out_of_range("delta", "must not be zero");
    const auto reason = reader.text("reason", required, limits::reason_bytes_max, 1);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    inventory::AdjustStockT command;
    command.sku = place->sku;
    command.warehouse = place->warehouse;
    command.delta = *delta;
    command.reason = *reason;
    run_command(call, wish_for(call, *body, std::move(command)), [place = *place, delta = *delta](const ports::CommandAnswer& answer) {
        auto json = begin_place(place);
        json.member("delta", delta);
        return created_at(place, std::move(json), answer);
    });
}

void get_stock(const CallPtr& call) {
    const auto sku = Sku::parse(call->segment(2));
    if (!sku) return call->fail(ProblemCode::not_found, "there is no such product");
    const auto* warehouse_text = call->request.query_value("warehouse");
    if (warehouse_text == nullptr) return answer_page(call, [&](const queries::PageRequest& page) { return call->services().stock.of_sku(*sku, page); });
    const auto warehouse = WarehouseCode::parse(*warehouse_text);
    if (!warehouse) return call->fail(ProblemCode::invalid_parameter, "warehouse must be a warehouse code");
    const auto find = [sku = *sku, warehouse = *warehouse](const Call& at) { return at.services().stock.get(sku, warehouse); };
    with_document(call, {call->services().stock.partition(*sku)}, Permission::anyone, find, answer_document);
}

void list_warehouse_stock(const CallPtr& call) {
    const auto* text = call->request.query_value("warehouse");
    const auto warehouse = WarehouseCode::parse(text != nullptr ? std::string_view(*text) : std::string_view(call->edge->options.default_warehouse));
    if (!warehouse) return call->fail(ProblemCode::invalid_parameter, "warehouse must be a warehouse code");
    answer_page(call, [&](const queries::PageRequest& page) { return call->services().stock.of_warehouse(*warehouse, page); });
}

void create_reservation(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto place = read_place(reader);
    const auto quantity = reader.integer("quantity", required, {1, limits::quantity_max});
    const auto hold = reader.integer("hold_seconds", optional_field, {1, limits::reservation_time_limit.us / 1'000'000});
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    const auto id = command_id_for(*call, place->sku.view());
    inventory::ReserveStockT command;
    command.sku = place->sku;
    command.warehouse = place->warehouse;
    command.reservation_id = derive<ReservationKind>(call->edge->command_secret(), id);
    command.quantity = *quantity;
    command.expires_at = call->services().clock.now() + (hold ? seconds(*hold) : limits::reservation_time_limit);
    run_command(call, wish_for(call, *body, command), [place = *place, first = command](const ports::CommandAnswer& answer) {
        Time expires_at = first.expires_at;
        if (answer.commit)
            if (const auto* event = std::get_if<inventory::StockReservedT>(&std::get<inventory::Event>(answer.commit->events.front().event))) expires_at = event->expires_at;
        JsonWriter json;
        json.begin_object().member("id", text_of(first.reservation_id)).member("sku", place.sku.view()).member("warehouse", place.warehouse.view());
        json.member("quantity", first.quantity).member("status", "open").member("expires_at", rfc3339_of(expires_at));
        return created_at(place, std::move(json), answer);
    });
}

void commit_reservation(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return;
    const auto request = read_reservation(call, *body, false);
    if (!request) return;
    inventory::CommitReservationT command;
    command.sku = request->place.sku;
    command.warehouse = request->place.warehouse;
    command.reservation_id = request->id;
    run_command(call, wish_for(call, *body, std::move(command)), reservation_answer(*request, "committed"));
}

void release_reservation(const CallPtr& call) {
    const auto body = parse_body(call);
    if (!body) return;
    const auto request = read_reservation(call, *body, true);
    if (!request) return;
    inventory::ReleaseReservationT command;
    command.sku = request->place.sku;
    command.warehouse = request->place.warehouse;
    command.reservation_id = request->id;
    command.reason = request->reason;
    run_command(call, wish_for(call, *body, std::move(command)), reservation_answer(*request, "released"));
}

}  // namespace granary::gateway
