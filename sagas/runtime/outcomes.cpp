// One function per effect and kind of answer; an effect is never answered by the other port.
#include "sagas/runtime/outcomes.hpp"

#include <string>
#include <string_view>

#include "core/limits.hpp"
#include "core/mutants.hpp"
#include "core/reason_code.hpp"

namespace granary::sagas {
namespace {

using ports::CarrierAnswer;
using ports::CarrierStatus;
using ports::ProviderAnswer;
using ports::ProviderStatus;

// What the other system says is kept for ever and shown to many, so only a code of its is taken, never its free text.
std::string reason_of(std::string_view text, std::string_view otherwise) { return std::string(is_reason_code(text) || GRANARY_MUTANT(words_of_others_kept) ? text : otherwise); }

template <class Message>
Message of_payment(PaymentId payment, OrderId order) {
    Message message;
    message.payment_id = payment;
    message.order_id = order;
    return message;
}

template <class Message>
Message of_shipment(ShipmentId shipment, OrderId order) {
    Message message;
    message.shipment_id = shipment;
    message.order_id = order;
    return message;
}

payments::Command voided(PaymentId payment, OrderId order) { return of_payment<payments::RecordVoidedT>(payment, order); }

std::optional<payments::Command> outcome(const AuthorizePayment& effect, OrderId order, const ProviderAnswer& answer) {
    switch (answer.status) {
        case ProviderStatus::unknown_key: return std::nullopt;
        case ProviderStatus::authorized:
        case ProviderStatus::captured:
        case ProviderStatus::refunded: {
            auto command = of_payment<payments::RecordAuthorizedT>(effect.payment, order);
            command.amount = effect.amount;
            command.provider_reference = answer.reference.substr(0, limits::external_reference_bytes_max);
            return command;
        }
        case ProviderStatus::declined: {
            auto command = of_payment<payments::RecordDeclinedT>(effect.payment, order);
            command.reason = reason_of(answer.reason, "declined");
            return command;
        }
        case ProviderStatus::voided: return voided(effect.payment, order);
    }
    return std::nullopt;
}

std::optional<payments::Command> outcome(const CapturePayment& effect, OrderId order, const ProviderAnswer& answer) {
    switch (answer.status) {
        case ProviderStatus::unknown_key:
        case ProviderStatus::authorized: return std::nullopt;
        case ProviderStatus::captured:
        case ProviderStatus::refunded: {
            auto command = of_payment<payments::RecordCapturedT>(effect.payment, order);
            command.amount = effect.amount;
            return command;
        }
        case ProviderStatus::declined:
        case ProviderStatus::voided: {
            auto command = of_payment<payments::RecordCaptureFailedT>(effect.payment, order);
            command.reason = reason_of(answer.reason, "capture_refused");
            return command;
        }
    }
    return std::nullopt;
}

// A declined authorization holds nothing, so giving it up is done.
std::optional<payments::Command> outcome(const VoidPayment& effect, OrderId order, const ProviderAnswer& answer) {
    const bool holds_nothing = answer.status == ProviderStatus::voided || answer.status == ProviderStatus::declined;
    if (!holds_nothing) return std::nullopt;
    return voided(effect.payment, order);
}

std::optional<payments::Command> outcome(const RefundPayment& effect, OrderId order, const ProviderAnswer& answer) {
    if (answer.status == ProviderStatus::refunded) {
        auto command = of_payment<payments::RecordRefundedT>(effect.payment, order);
        command.refund_id = effect.refund;
        return command;
    }
    if (answer.status != ProviderStatus::declined) return std::nullopt;
    auto command = of_payment<payments::RecordRefundFailedT>(effect.payment, order);
    command.refund_id = effect.refund;
    command.reason = reason_of(answer.reason, "refund_refused");
    return command;
}

std::optional<payments::Command> outcome(const BookShipment&, OrderId, const ProviderAnswer&) { return std::nullopt; }
std::optional<payments::Command> outcome(const CancelShipment&, OrderId, const ProviderAnswer&) { return std::nullopt; }
std::optional<payments::Command> outcome(const TrackShipment&, OrderId, const ProviderAnswer&) { return std::nullopt; }

delivery::Command failed(ShipmentId shipment, OrderId order, std::string reason) {
    auto command = of_shipment<delivery::FailShipmentT>(shipment, order);
    command.reason = std::move(reason);
    return command;
}

std::optional<delivery::Command> outcome(const BookShipment& effect, OrderId order, const CarrierAnswer& answer) {
    switch (answer.status) {
        case CarrierStatus::unknown_key: return std::nullopt;
        case CarrierStatus::booked:
        case CarrierStatus::packed:
        case CarrierStatus::in_transit:
        case CarrierStatus::delivered: {
            auto command = of_shipment<delivery::RecordBookedT>(effect.shipment, order);
            command.tracking_number = answer.tracking_number;
            return command;
        }
        case CarrierStatus::cancelled:
        case CarrierStatus::refused: return failed(effect.shipment, order, reason_of(answer.reason, "booking_refused"));
    }
    return std::nullopt;
}

delivery::Command progressed(ShipmentId shipment, OrderId order, delivery::ShipmentStatus status, const CarrierAnswer& answer) {
    auto command = of_shipment<delivery::RecordProgressT>(shipment, order);
    command.status = status;
    command.carrier_event_id = answer.event_id;
    command.happened_at = answer.happened_at;
    return command;
}

// Goods that left the house can't be called back: then the carrier's progress is the answer. A carrier that has not heard of the parcel may
// hear of it yet, for the booking can still be on its way: only a cancellation that reached it keeps it from booking.
std::optional<delivery::Command> outcome(const CancelShipment& effect, OrderId order, const CarrierAnswer& answer) {
    switch (answer.status) {
        case CarrierStatus::unknown_key:
        case CarrierStatus::booked:
        case CarrierStatus::packed: return std::nullopt;
        case CarrierStatus::refused:
        case CarrierStatus::cancelled: return of_shipment<delivery::RecordShipmentCancelledT>(effect.shipment, order);
        case CarrierStatus::in_transit: return progressed(effect.shipment, order, delivery::ShipmentStatus::in_transit, answer);
        case CarrierStatus::delivered: return progressed(effect.shipment, order, delivery::ShipmentStatus::delivered, answer);
    }
    return std::nullopt;
}

std::optional<delivery::Command> outcome(const TrackShipment& effect, OrderId order, const CarrierAnswer& answer) {
    switch (answer.status) {
        case CarrierStatus::unknown_key: return failed(effect.shipment, order, "unknown_to_carrier");
        case CarrierStatus::refused:
        case CarrierStatus::cancelled: return failed(effect.shipment, order, reason_of(answer.reason, "cancelled_by_carrier"));
        case CarrierStatus::booked: return progressed(effect.shipment, order, delivery::ShipmentStatus::booked, answer);
        case CarrierStatus::packed: return progressed(effect.shipment, order, delivery::ShipmentStatus::packed, answer);
        case CarrierStatus::in_transit: return progressed(effect.shipment, order, delivery::ShipmentStatus::in_transit, answer);
        case CarrierStatus::delivered: return progressed(effect.shipment, order, delivery::ShipmentStatus::delivered, answer);
    }
    return std::nullopt;
}

std::optional<delivery::Command> outcome(const AuthorizePayment&, OrderId, const CarrierAnswer&) { return std::nullopt; }
std::optional<delivery::Command> outcome(const CapturePayment&, OrderId, const CarrierAnswer&) { return std::nullopt; }
std::optional<delivery::Command> outcome(const VoidPayment&, OrderId, const CarrierAnswer&) { return std::nullopt; }
std::optional<delivery::Command> outcome(const RefundPayment&, OrderId, const CarrierAnswer&) { return std::nullopt; }

template <class Answer>
std::optional<Command> widen(const Effect& effect, OrderId order, const Answer& answer) {
    auto found = std::visit([&](const auto& e) { return outcome(e, order, answer); }, effect);
    if (!found) return std::nullopt;
    return Command(std::move(*found));
}

ParcelStatus parcel_status_of(CarrierStatus status) {
    switch (status) {
        case CarrierStatus::booked: return ParcelStatus::booked;
        case CarrierStatus::packed: return ParcelStatus::packed;
        case CarrierStatus::in_transit: return ParcelStatus::in_transit;
        case CarrierStatus::delivered: return ParcelStatus::delivered;
        case CarrierStatus::unknown_key:
        case CarrierStatus::cancelled:
        case CarrierStatus::refused: break;
    }
    return ParcelStatus::failed;
}

}  // namespace

bool tells_nothing_new(const FulfilmentStateT& state, const CarrierAnswer& answer) {
    if (!state.parcel) return false;
    // One that an operator booked by hand is in no book under our id.
    if (answer.status == CarrierStatus::unknown_key) return state.parcel->tracking_number.empty();
    return parcel_status_of(answer.status) <= state.parcel->status;
}

std::optional<Command> outcome_of(const Effect& effect, OrderId order, const ProviderAnswer& answer) { return widen(effect, order, answer); }
std::optional<Command> outcome_of(const Effect& effect, OrderId order, const CarrierAnswer& answer) { return widen(effect, order, answer); }

}  // namespace granary::sagas
