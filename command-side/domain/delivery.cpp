// A shipment's progress, told by a carrier whose messages come late, twice and out of order.
#include "command-side/domain/delivery.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/limits.hpp"
#include "core/marks.hpp"
#include "core/mutants.hpp"

namespace granary::delivery {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

Objection check_progress(ShipmentStatus status) {
    if (status >= ShipmentStatus::booked && status <= ShipmentStatus::delivered) return {};
    return Refusal{RefusalCode::invalid, "/status", "must be booked, packed, in_transit or delivered"};
}

Objection check_fields(const CreateShipmentT& c) {
    return domain::first_of(domain::check_id(c.shipment_id.value, "/shipment_id"), domain::check_id(c.order_id.value, "/order_id"),
                            domain::check_warehouse(c.warehouse, "/warehouse"), domain::check_country(c.country, "/country"),
                            domain::check_sealed(c.ship_to, "/ship_to"), domain::check_quantity(c.pieces, limits::shipment_pieces_max, "/pieces"));
}

Objection check_fields(const RecordBookedT& c) {
    return domain::check_required_text(c.tracking_number, limits::external_reference_bytes_max, "/tracking_number");
}

Objection check_fields(const RecordProgressT& c) {
    return domain::first_of(check_progress(c.status), domain::check_text(c.carrier_event_id, limits::external_reference_bytes_max, "/carrier_event_id"));
}

Objection check_fields(const FailShipmentT& c) { return domain::check_required_text(c.reason, limits::reason_bytes_max, "/reason"); }
Objection check_fields(const RequestShipmentCancelT& c) { return domain::check_text(c.reason, limits::reason_bytes_max, "/reason"); }
Objection check_fields(const RecordShipmentCancelledT&) { return {}; }

Decision nothing() { return std::vector<Event>(); }

template <class E>
Decision one(E event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    return events;
}

// The event with the ids of the command that causes it.
template <class E, class C>
E about(const C& c) {
    E event;
    event.shipment_id = c.shipment_id;
    event.order_id = c.order_id;
    return event;
}

// Decides on a command whose own fields are in order, about a shipment that exists (but for create).
struct Decider {
    const ShipmentStateT& state;

    Decision operator()(const CreateShipmentT& c) const;
    Decision operator()(const RecordBookedT& c) const;
    Decision operator()(const RecordProgressT& c) const;
    Decision operator()(const FailShipmentT& c) const;
    Decision operator()(const RequestShipmentCancelT& c) const;
    Decision operator()(const RecordShipmentCancelledT& c) const;

    Decision not_allowed(std::string_view verb) const;
};

Decision Decider::not_allowed(std::string_view verb) const {
    return refuse(RefusalCode::illegal_transition, "", "a shipment that is " + std::string(EnumNameShipmentStatus(state.status)) + " can't be " + std::string(verb));
}

Decision Decider::operator()(const CreateShipmentT& c) const {
    if (state.status != ShipmentStatus::none) {
        if (state.order_id == c.order_id) return nothing();
        return refuse(RefusalCode::already_exists, "/shipment_id", "there is a shipment of another order under this id");
    }
    auto event = about<ShipmentCreatedT>(c);
    event.warehouse = c.warehouse;
    event.country = c.country;
    event.ship_to = domain::copy_of(c.ship_to);
    event.pieces = c.pieces;
    return one(std::move(event));
}

Decision Decider::operator()(const RecordBookedT& c) const {
    // A cancellation is filed at the carrier under the same key, so it covers a booking that arrives late.
    if (state.status >= ShipmentStatus::failed) return nothing();
    if (state.tracking_number == c.tracking_number) return nothing();
    if (!state.tracking_number.empty()) return not_allowed("booked again under another tracking number");
    GRANARY_MARK_WHEN(booked_after_progress, state.status > ShipmentStatus::booked);
    auto event = about<ShipmentBookedT>(c);
    event.tracking_number = c.tracking_number;
    return one(std::move(event));
}

Decision Decider::operator()(const RecordProgressT& c) const {
    const bool left_the_house = c.status >= ShipmentStatus::in_transit;
    switch (state.status) {
        case ShipmentStatus::failed:
        case ShipmentStatus::cancelled:
            if (left_the_house) return not_allowed(EnumNameShipmentStatus(c.status));
            return nothing();
        case ShipmentStatus::cancelling:
            if (!left_the_house) return nothing();
            GRANARY_MARK(cancellation_lost);
            break;
        case ShipmentStatus::none:
        case ShipmentStatus::created:
        case ShipmentStatus::booked:
        case ShipmentStatus::packed:
        case ShipmentStatus::in_transit:
        case ShipmentStatus::delivered:
            if (state.status >= c.status && !GRANARY_MUTANT(progress_goes_back)) return nothing();
            break;
    }
    auto event = about<ShipmentProgressedT>(c);
    event.status = c.status;
    event.carrier_event_id = c.carrier_event_id;
    event.happened_at = c.happened_at;
    return one(std::move(event));
}

Decision Decider::operator()(const FailShipmentT& c) const {
    if (state.status == ShipmentStatus::failed || state.status == ShipmentStatus::cancelled) return nothing();
    if (state.status == ShipmentStatus::delivered) return not_allowed("marked as failed");
    auto event = about<ShipmentFailedT>(c);
    event.reason = c.reason;
    return one(std::move(event));
}

Decision Decider::operator()(const RequestShipmentCancelT& c) const {
    if (state.status >= ShipmentStatus::failed) return nothing();
    if (state.status >= ShipmentStatus::in_transit) return not_allowed("cancelled");
    auto event = about<ShipmentCancelRequestedT>(c);
    event.reason = c.reason;
    return one(std::move(event));
}

Decision Decider::operator()(const RecordShipmentCancelledT& c) const {
    if (state.status == ShipmentStatus::cancelled || state.status == ShipmentStatus::failed) return nothing();
    if (state.status == ShipmentStatus::in_transit || state.status == ShipmentStatus::delivered) return not_allowed("cancelled");
    return one(about<ShipmentCancelledT>(c));
}

struct Folder {
    ShipmentStateT& state;

    void operator()(const ShipmentCreatedT& e) const {
        state.shipment_id = e.shipment_id;
        state.order_id = e.order_id;
        state.status = ShipmentStatus::created;
    }
    void operator()(const ShipmentBookedT& e) const {
        state.tracking_number = e.tracking_number;
        state.status = std::max(state.status, ShipmentStatus::booked);
    }
    void operator()(const ShipmentProgressedT& e) const {
        state.status = e.status;
        ++state.progress_count;
    }
    void operator()(const ShipmentFailedT&) const { state.status = ShipmentStatus::failed; }
    void operator()(const ShipmentCancelRequestedT&) const { state.status = ShipmentStatus::cancelling; }
    void operator()(const ShipmentCancelledT&) const { state.status = ShipmentStatus::cancelled; }
};

}  // namespace

std::expected<std::vector<Event>, Refusal> decide(const ShipmentStateT& state, const Command& command, Time) {
    if (auto wrong = std::visit([](const auto& c) { return check_fields(c); }, command)) return std::unexpected(std::move(*wrong));
    const bool creates = std::holds_alternative<CreateShipmentT>(command);
    const OrderId order = std::visit([](const auto& c) { return c.order_id; }, command);
    if (!creates && (state.status == ShipmentStatus::none || state.order_id != order)) {
        return refuse(RefusalCode::not_found, "/shipment_id", "this order has no such shipment");
    }
    return std::visit(Decider{state}, command);
}

void evolve(ShipmentStateT& state, const Event& event) { std::visit(Folder{state}, event); }

Time occurred_at(const Command& command, Time now) {
    const auto* progress = std::get_if<RecordProgressT>(&command);
    return progress != nullptr && progress->happened_at.unix_us > 0 ? std::min(progress->happened_at, now) : now;
}

}  // namespace granary::delivery
