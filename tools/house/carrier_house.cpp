// The routes of the house carrier, the way of a parcel by itself, and the callback of each step.
#include "tools/house/carrier_house.hpp"

#include <utility>

#include "core/json_writer.hpp"
#include "gateway/middleware/body_reader.hpp"
#include "platform/host/logging.hpp"
#include "tools/house/desk.hpp"
#include "tools/house/event_id.hpp"
#include "tools/house/shipment_book.hpp"

namespace granary::house {
namespace {

using gateway::required;
using http::Method;

constexpr std::size_t address_bytes_max = std::size_t{16} * 1024;
// As many answers as a client that sends a lost call once more by itself may ask for.
constexpr std::uint32_t lost_answers = 2;

// The body of docs/callbacks.md.
std::string callback_of(const BookedShipment& shipment) {
    JsonWriter json;
    json.begin_object().member("event_id", event_id_of("hc", shipment.event_number, shipment.happened_at));
    json.member("type", "shipment." + std::string(name_of(shipment.status))).member("occurred_at", rfc3339_of(shipment.happened_at));
    json.member("shipment_id", text_of(shipment.id)).member("order_id", text_of(shipment.order));
    if (shipment.status == ParcelStatus::booked) json.member("tracking_number", shipment.tracking_number);
    return json.end_object().take();
}

http::Response not_found() { return problem(404, "not_found", "there is no such shipment"); }

http::Response unreadable(const Fault& fault_met) {
    logging::write(logging::Level::error, "the house carrier can't read its book", {{"reason", fault_met.message}});
    return problem(500, "unknown", "the book can't be read");
}

Result<std::optional<BookedShipment>> look_up(const Turn& turn, ShipmentId id) {
    auto text = turn.record(text_of(id));
    if (!text) return std::unexpected(text.error());
    if (!*text) return std::nullopt;
    auto shipment = parse_booked_shipment(**text);
    if (!shipment) return std::unexpected(shipment.error());
    return std::optional(std::move(*shipment));
}

struct BookingWish {
    ShipmentId shipment;
    OrderId order;
};

std::optional<BookingWish> read_booking(std::string_view body) {
    const auto document = gateway::JsonDocument::parse(body);
    if (!document) return std::nullopt;
    gateway::BodyErrors errors;
    gateway::ObjectReader reader(document->root(), errors);
    const auto shipment = reader.id<ShipmentId>("shipment_id", required);
    const auto order = reader.id<OrderId>("order_id", required);
    (void)reader.warehouse("warehouse", required);
    (void)reader.country("country", gateway::optional_field);
    (void)reader.text("ship_to", gateway::optional_field, address_bytes_max);
    (void)reader.integer("pieces", required, {1, limits::shipment_pieces_max});
    reader.done();
    if (!errors.empty() || !shipment || !order) return std::nullopt;
    return BookingWish{*shipment, *order};
}

}  // namespace

struct CarrierHouse::Impl final : Trade {
    explicit Impl(CarrierHouseOptions house) : options(std::move(house)) {}

    void on_request(http::Request&& request, http::Responder respond, Turn& turn) override;
    Status on_task(std::string_view task, Turn& turn) override;

    void on_booking(const http::Request& request, http::Responder respond, Turn& turn);
    void on_cancel(ShipmentId id, http::Responder respond, Turn& turn) const;
    Status step(ShipmentId id, Turn& turn) const;
    void plan_next(const BookedShipment& shipment, Turn& turn) const;
    BookingFate next_fate();
    void end(const BookedShipment& shipment, const ShipmentVerdict& verdict, http::Responder respond, Turn& turn) const;

    const CarrierHouseOptions options;
    std::uint64_t bookings = 0;  // new ones since start; of the desk's thread
    std::unique_ptr<Desk> desk;
};

void CarrierHouse::Impl::on_request(http::Request&& request, http::Responder respond, Turn& turn) {
    const auto& path = request.segments;
    const bool changes = request.method == Method::post;
    if (path.empty() || path[0] != "shipments") return turn.answer(std::move(respond), not_found());
    if (changes && !turn.has_room_for_callbacks()) return turn.answer(std::move(respond), problem(503, "not_done", "too many callbacks wait"));
    if (changes && path.size() == 1) return on_booking(request, std::move(respond), turn);
    const auto id = path.size() >= 2 ? parse_id<ShipmentKind>(path[1]) : std::nullopt;
    if (id && changes && path.size() == 3 && path[2] == "cancel") return on_cancel(*id, std::move(respond), turn);
    if (!id || request.method != Method::get || path.size() != 2) return turn.answer(std::move(respond), not_found());
    const auto known = look_up(turn, *id);
    if (!known) return turn.answer(std::move(respond), unreadable(known.error()));
    turn.answer(std::move(respond), *known ? json_answer(200, json_of(**known)) : not_found());
}

BookingFate CarrierHouse::Impl::next_fate() {
    ++bookings;
    const auto is_turn_of = [this](std::uint32_t one_in) { return one_in > 0 && bookings % one_in == 0; };
    return {.refuse = is_turn_of(options.refuse_one_in), .lost_answers = is_turn_of(options.lose_answer_one_in) ? lost_answers : 0};
}

void CarrierHouse::Impl::on_booking(const http::Request& request, http::Responder respond, Turn& turn) {
    const auto wish = read_booking(request.body);
    if (!wish) return turn.answer(std::move(respond), problem(400, "invalid_body", "the body is not what docs/house.md says"));
    auto known = look_up(turn, wish->shipment);
    if (!known) return turn.answer(std::move(respond), unreadable(known.error()));
    const BookingFate fate = *known ? BookingFate{} : next_fate();
    const ShipmentVerdict verdict = book(*known, wish->shipment, wish->order, turn.next_number(), turn.now(), fate);
    if (verdict.progressed) plan_next(**known, turn);
    end(**known, verdict, std::move(respond), turn);
}

void CarrierHouse::Impl::on_cancel(ShipmentId id, http::Responder respond, Turn& turn) const {
    auto known = look_up(turn, id);
    if (!known) return turn.answer(std::move(respond), unreadable(known.error()));
    const ShipmentVerdict verdict = cancel(*known, id, turn.next_number(), turn.now());
    end(**known, verdict, std::move(respond), turn);
}

void CarrierHouse::Impl::end(const BookedShipment& shipment, const ShipmentVerdict& verdict, http::Responder respond, Turn& turn) const {
    if (verdict.changed) turn.put_record(text_of(shipment.id), text_of(shipment));
    if (verdict.progressed) turn.emit(shipment.event_number, callback_of(shipment), !verdict.silent);
    http::Response response = verdict.code.empty() ? json_answer(verdict.status, json_of(shipment)) : problem(verdict.status, verdict.code, verdict.detail);
    response.silent = verdict.silent;
    turn.answer(std::move(respond), std::move(response));
}

void CarrierHouse::Impl::plan_next(const BookedShipment& shipment, Turn& turn) const {
    if (options.manual) return;
    if (shipment.status == ParcelStatus::booked) turn.schedule(options.pack_delay, text_of(shipment.id));
    if (shipment.status == ParcelStatus::packed) turn.schedule(options.ship_delay, text_of(shipment.id));
    if (shipment.status == ParcelStatus::in_transit) turn.schedule(options.deliver_delay, text_of(shipment.id));
}

Status CarrierHouse::Impl::step(ShipmentId id, Turn& turn) const {
    auto known = look_up(turn, id);
    if (!known) return std::unexpected(known.error());
    if (!*known) return {};
    BookedShipment& shipment = **known;
    const ShipmentVerdict verdict = house::advance(shipment, turn.next_number(), turn.now());
    if (!verdict.changed) return {};
    turn.put_record(text_of(id), text_of(shipment));
    turn.emit(shipment.event_number, callback_of(shipment), false);
    plan_next(shipment, turn);
    return {};
}

// A task is the id of a shipment whose next step is due.
Status CarrierHouse::Impl::on_task(std::string_view task, Turn& turn) {
    const auto id = parse_id<ShipmentKind>(task);
    if (!id) return fault(FaultCode::corrupt, "a task in the book of the house carrier can't be read");
    return step(*id, turn);
}

CarrierHouse::CarrierHouse(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<CarrierHouse>> CarrierHouse::start(CarrierHouseOptions options) {
    auto impl = std::make_unique<Impl>(options);
    auto desk = Desk::open(std::move(options.house), "house_carrier", *impl);
    if (!desk) return std::unexpected(desk.error());
    impl->desk = std::move(*desk);
    return std::unique_ptr<CarrierHouse>(new CarrierHouse(std::move(impl)));
}

CarrierHouse::~CarrierHouse() { stop(); }
std::string CarrierHouse::url() const { return impl_->desk->url(); }
void CarrierHouse::set_callback_url(std::string url) { impl_->desk->set_callback_url(std::move(url)); }

bool CarrierHouse::advance(ShipmentId shipment) {
    return impl_->desk->post([impl = impl_.get(), shipment](Turn& turn) {
        if (const Status moved = impl->step(shipment, turn); !moved)
            logging::write(logging::Level::error, "the house carrier can't move a parcel", {{"reason", moved.error().message}});
    });
}

HouseCounts CarrierHouse::counts() const { return impl_->desk->counts(); }
void CarrierHouse::stop() { impl_->desk->stop(); }

}  // namespace granary::house
