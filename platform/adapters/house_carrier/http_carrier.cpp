// One function per call: which answers it may have, and what each means. Anything else is an unknown outcome.
#include "platform/adapters/house_carrier/http_carrier.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/json_writer.hpp"
#include "platform/adapters/house_rest/rest_answer.hpp"

namespace granary::house_carrier {
namespace {

using house_rest::read_reply;
using house_rest::Reading;
using house_rest::unexpected_answer;
using ports::CarrierAnswer;
using ports::CarrierStatus;

struct NamedStatus {
    std::string_view name;
    CarrierStatus status;
};
constexpr std::array statuses{
    NamedStatus{"booked", CarrierStatus::booked},       NamedStatus{"packed", CarrierStatus::packed},
    NamedStatus{"in_transit", CarrierStatus::in_transit}, NamedStatus{"delivered", CarrierStatus::delivered},
    NamedStatus{"cancelled", CarrierStatus::cancelled}, NamedStatus{"refused", CarrierStatus::refused},
};

bool is_on_its_way(CarrierStatus status) {
    return status == CarrierStatus::booked || status == CarrierStatus::packed || status == CarrierStatus::in_transit || status == CarrierStatus::delivered;
}

// The shipment as the carrier's book has it.
Result<CarrierAnswer> state_of(ShipmentId shipment, const Reading& reading) {
    const auto& answer = reading.answer;
    const std::string status = answer.text("status");
    const auto* const known = std::ranges::find(statuses, status, &NamedStatus::name);
    const auto happened_at = answer.time("happened_at");
    CarrierAnswer state{.status = CarrierStatus::unknown_key, .tracking_number = answer.text("tracking_number"), .reason = answer.text("reason"),
                        .event_id = answer.text("event_id"), .happened_at = happened_at.value_or(Time{})};
    if (answer.text("shipment_id") != text_of(shipment) || known == statuses.end() || !happened_at || state.event_id.empty()) return unexpected_answer();
    state.status = known->status;
    if (is_on_its_way(state.status) && state.tracking_number.empty()) return unexpected_answer();
    return state;
}

CarrierAnswer without_shipment(CarrierStatus status, std::string reason) {
    return {.status = status, .tracking_number = {}, .reason = std::move(reason), .event_id = {}, .happened_at = {}};
}

Result<CarrierAnswer> booking_answer(ShipmentId shipment, const Reading& reading) {
    if (reading.is_refusal()) return without_shipment(CarrierStatus::refused, reading.answer.text("code"));
    if (reading.status != 201 && reading.status != 409) return unexpected_answer();
    auto state = state_of(shipment, reading);
    if (state && is_on_its_way(state->status) != (reading.status == 201)) return unexpected_answer();
    return state;
}

Result<CarrierAnswer> cancel_answer(ShipmentId shipment, const Reading& reading) {
    if (reading.status != 200 && reading.status != 409) return unexpected_answer();
    auto state = state_of(shipment, reading);
    if (state && (state->status == CarrierStatus::cancelled) != (reading.status == 200)) return unexpected_answer();
    return state;
}

Result<CarrierAnswer> found(ShipmentId shipment, const Reading& reading) {
    if (reading.status == 404 && reading.answer.text("code") == "not_found") return without_shipment(CarrierStatus::unknown_key, {});
    return reading.status == 200 ? state_of(shipment, reading) : Result<CarrierAnswer>(unexpected_answer());
}

std::string body_of(const ports::CarrierBooking& booking) {
    JsonWriter json;
    json.begin_object().member("shipment_id", text_of(booking.shipment)).member("order_id", text_of(booking.order));
    json.member("warehouse", booking.warehouse.view()).member("pieces", booking.pieces);
    if (!booking.country.empty()) json.member("country", booking.country.view());
    if (!booking.ship_to.empty()) json.member("ship_to", booking.ship_to);
    return json.end_object().take();
}

class HttpCarrier final : public ports::Carrier {
  public:
    HttpCarrier(ports::HttpClient& client, CarrierOptions options) : client_(client), options_(std::move(options)) {}

    void book(ports::CarrierBooking booking, ports::CarrierCallback done) override {
        auto call = house_rest::post_call(options_.base_url + "/shipments", body_of(booking), text_of(booking.shipment), options_.deadline);
        ask(std::move(call), booking.shipment, std::move(done), booking_answer);
    }

    void cancel(ShipmentId shipment, ports::CarrierCallback done) override {
        auto call = house_rest::post_call(url_of(shipment) + "/cancel", {}, text_of(shipment), options_.deadline);
        ask(std::move(call), shipment, std::move(done), cancel_answer);
    }

    void find(ShipmentId shipment, ports::CarrierCallback done) override {
        ask(house_rest::get_call(url_of(shipment), options_.deadline), shipment, std::move(done), found);
    }

  private:
    using Understand = Result<CarrierAnswer> (*)(ShipmentId, const Reading&);

    std::string url_of(ShipmentId shipment) const { return options_.base_url + "/shipments/" + text_of(shipment); }

    void ask(ports::HttpCall call, ShipmentId shipment, ports::CarrierCallback done, Understand understand) {
        client_.send(std::move(call), [shipment, done = std::move(done), understand](Result<ports::HttpReply> reply) {
            const auto reading = read_reply(std::move(reply));
            if (!reading) return done(std::unexpected(reading.error()));
            done(understand(shipment, *reading));
        });
    }

    ports::HttpClient& client_;
    const CarrierOptions options_;
};

}  // namespace

std::unique_ptr<ports::Carrier> make_carrier(ports::HttpClient& client, CarrierOptions options) {
    return std::make_unique<HttpCarrier>(client, std::move(options));
}

}  // namespace granary::house_carrier
