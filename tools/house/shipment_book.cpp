// A parcel goes one way, one step at a time; it can be stopped until it has left the house.
#include "tools/house/shipment_book.hpp"

#include <array>
#include <string>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "gateway/middleware/body_reader.hpp"
#include "tools/house/event_id.hpp"

namespace granary::house {
namespace {

using gateway::optional_field;
using gateway::required;

constexpr std::array<std::string_view, 6> status_names{"booked", "packed", "in_transit", "delivered", "cancelled", "refused"};

void note_event(BookedShipment& shipment, std::uint64_t number, Time now) {
    shipment.event_number = number;
    shipment.happened_at = now;
}

}  // namespace

std::string_view name_of(ParcelStatus status) { return status_names[static_cast<std::size_t>(status)]; }

ShipmentVerdict book(std::optional<BookedShipment>& known, ShipmentId id, OrderId order, std::uint64_t number, Time now, BookingFate fate) {
    ShipmentVerdict verdict;
    if (known && !known->order.is_nil() && known->order != order)
        return {.status = 422, .code = "key_reused", .detail = "this shipment was asked for with another order"};
    if (!known) {
        known = BookedShipment{.id = id, .order = order, .tracking_number = {}, .reason = {}, .lost_answers_left = fate.lost_answers};
        known->status = fate.refuse ? ParcelStatus::refused : ParcelStatus::booked;
        if (fate.refuse) known->reason = "no_capacity";
        else known->tracking_number = "HC" + std::to_string(1'000'000'000 + number);
        note_event(*known, number, now);
        verdict.changed = true;
        verdict.progressed = !fate.refuse;
    }
    verdict.status = known->status == ParcelStatus::refused || known->status == ParcelStatus::cancelled ? 409 : 201;
    if (known->lost_answers_left > 0) {
        --known->lost_answers_left;
        verdict.changed = true;
        verdict.silent = true;
    }
    return verdict;
}

ShipmentVerdict cancel(std::optional<BookedShipment>& known, ShipmentId id, std::uint64_t number, Time now) {
    ShipmentVerdict verdict;
    if (!known) {
        known = BookedShipment{.id = id, .order = {}, .status = ParcelStatus::cancelled, .tracking_number = {}, .reason = {}};
        note_event(*known, number, now);
        verdict.changed = true;
        return verdict;
    }
    if (known->status == ParcelStatus::cancelled) return verdict;
    if (known->status != ParcelStatus::booked && known->status != ParcelStatus::packed) {
        verdict.status = 409;
        return verdict;
    }
    known->status = ParcelStatus::cancelled;
    note_event(*known, number, now);
    verdict.changed = true;
    return verdict;
}

ShipmentVerdict advance(BookedShipment& shipment, std::uint64_t number, Time now) {
    switch (shipment.status) {
        case ParcelStatus::booked: shipment.status = ParcelStatus::packed; break;
        case ParcelStatus::packed: shipment.status = ParcelStatus::in_transit; break;
        case ParcelStatus::in_transit: shipment.status = ParcelStatus::delivered; break;
        case ParcelStatus::delivered:
        case ParcelStatus::cancelled:
        case ParcelStatus::refused: return {};
    }
    note_event(shipment, number, now);
    return {.detail = {}, .changed = true, .progressed = true};
}

std::string text_of(const BookedShipment& shipment) {
    JsonWriter json;
    json.begin_object().member("shipment_id", text_of(shipment.id)).member("status", name_of(shipment.status));
    if (!shipment.order.is_nil()) json.member("order_id", text_of(shipment.order));
    json.member("tracking_number", shipment.tracking_number).member("reason", shipment.reason);
    json.member("event_number", static_cast<std::int64_t>(shipment.event_number)).member("happened_at", rfc3339_of(shipment.happened_at));
    return json.member("lost_answers_left", std::int64_t{shipment.lost_answers_left}).end_object().take();
}

Result<BookedShipment> parse_booked_shipment(std::string_view text) {
    const auto document = gateway::JsonDocument::parse(text);
    if (!document) return fault(FaultCode::corrupt, "a shipment in the book of the house can't be read");
    gateway::BodyErrors errors;
    gateway::ObjectReader reader(document->root(), errors);
    BookedShipment shipment;
    shipment.id = reader.id<ShipmentId>("shipment_id", required).value_or(ShipmentId{});
    shipment.status = static_cast<ParcelStatus>(reader.word("status", required, status_names).value_or(0));
    shipment.order = reader.id<OrderId>("order_id", optional_field).value_or(OrderId{});
    shipment.tracking_number = std::string(reader.text("tracking_number", required, limits::external_reference_bytes_max).value_or(""));
    shipment.reason = std::string(reader.text("reason", required, limits::reason_bytes_max).value_or(""));
    shipment.event_number = static_cast<std::uint64_t>(reader.integer("event_number", required, {0, INT64_MAX}).value_or(0));
    shipment.happened_at = reader.time("happened_at", required).value_or(Time{});
    shipment.lost_answers_left = static_cast<std::uint32_t>(reader.integer("lost_answers_left", required, {0, 1000}).value_or(0));
    reader.done();
    if (!errors.empty()) return fault(FaultCode::corrupt, "a shipment in the book of the house is not what was written");
    return shipment;
}

std::string json_of(const BookedShipment& shipment) {
    JsonWriter json;
    json.begin_object().member("shipment_id", text_of(shipment.id)).member("status", name_of(shipment.status));
    if (!shipment.order.is_nil()) json.member("order_id", text_of(shipment.order));
    if (!shipment.tracking_number.empty()) json.member("tracking_number", shipment.tracking_number);
    if (!shipment.reason.empty()) json.member("reason", shipment.reason);
    json.member("event_id", event_id_of("hc", shipment.event_number, shipment.happened_at)).member("happened_at", rfc3339_of(shipment.happened_at));
    return json.end_object().take();
}

}  // namespace granary::house
