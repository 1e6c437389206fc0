// From an open action to the command or effect that it stands for, and the ids of what the saga creates.
#include <string>
#include <utility>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "core/limits.hpp"
#include "sagas/processes/order_fulfilment/turn.hpp"

namespace granary::sagas {
namespace {

Uuid derive(std::string_view label, Uuid base, std::string_view rest) {
    std::string seed("granary saga ");
    seed += label;
    const auto bytes = bytes_of(base);
    seed.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    seed += rest;
    return uuid_from(sha256(seed));
}

std::string text_from(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

const StockLineT& line_of(const FulfilmentStateT& s, const ActionT& action) {
    GRANARY_CHECK(action.index < s.lines.size());
    return *s.lines[action.index];
}

const RefundTryT& refund_of(const FulfilmentStateT& s, const ActionT& action) {
    GRANARY_CHECK(action.index < s.refunds.size());
    return *s.refunds[action.index];
}

template <class Message>
Message of_stock(const FulfilmentStateT& s, const ActionT& action) {
    const auto& line = line_of(s, action);
    Message message;
    message.sku = line.sku;
    message.warehouse = s.warehouse;
    message.reservation_id = line.reservation_id;
    message.order_id = s.order_id;
    return message;
}

inventory::Command reserve_command(const FulfilmentStateT& s, const ActionT& action) {
    auto command = of_stock<inventory::ReserveStockT>(s, action);
    command.quantity = line_of(s, action).quantity;
    command.expires_at = action.caused_at + limits::reservation_time_limit;
    return command;
}

inventory::Command release_command(const FulfilmentStateT& s, const ActionT& action) {
    auto command = of_stock<inventory::ReleaseReservationT>(s, action);
    command.reason = s.end_reason;
    return command;
}

template <class Message>
Message of_payment(const FulfilmentStateT& s) {
    Message message;
    message.payment_id = s.payment->payment_id;
    message.order_id = s.order_id;
    return message;
}

payments::Command start_command(const FulfilmentStateT& s) {
    auto command = of_payment<payments::StartPaymentT>(s);
    command.customer = s.customer;
    command.amount = s.total;
    command.method = s.payment->method;
    command.token = text_from(s.payment->token);
    return command;
}

payments::Command void_command(const FulfilmentStateT& s) {
    if (!s.payment->reached_provider) {
        auto command = of_payment<payments::FailPaymentT>(s);
        command.reason = s.end_reason;
        return command;
    }
    auto command = of_payment<payments::RequestVoidT>(s);
    command.reason = s.end_reason;
    return command;
}

payments::Command refund_command(const FulfilmentStateT& s, const ActionT& action) {
    const auto& refund = refund_of(s, action);
    auto command = of_payment<payments::RequestRefundT>(s);
    command.refund_id = refund.refund_id;
    command.amount = refund.amount;
    command.reason = s.end_reason;
    return command;
}

delivery::Command shipment_command(const FulfilmentStateT& s) {
    delivery::CreateShipmentT command;
    command.shipment_id = s.parcel->shipment_id;
    command.order_id = s.order_id;
    command.warehouse = s.warehouse;
    command.country = s.country;
    if (s.ship_to) command.ship_to = std::make_unique<wire::SealedT>(*s.ship_to);
    for (const auto& line : s.lines) command.pieces += line->quantity;
    return command;
}

delivery::Command cancel_shipment_command(const FulfilmentStateT& s) {
    delivery::RequestShipmentCancelT command;
    command.shipment_id = s.parcel->shipment_id;
    command.order_id = s.order_id;
    command.reason = s.end_reason;
    return command;
}

template <class Message>
orders::Command mark(const FulfilmentStateT& s) {
    Message message;
    message.order_id = s.order_id;
    return message;
}

orders::Command paid_command(const FulfilmentStateT& s) {
    orders::MarkPaidT command;
    command.order_id = s.order_id;
    command.payment_id = s.payment->payment_id;
    command.amount = s.total;
    return command;
}

orders::Command shipped_command(const FulfilmentStateT& s) {
    orders::MarkShippedT command;
    command.order_id = s.order_id;
    command.shipment_id = s.parcel->shipment_id;
    command.tracking_number = s.parcel->tracking_number;
    return command;
}

// Only an unpaid order fails; a paid one is cancelled.
orders::Command end_command(const FulfilmentStateT& s) {
    if (s.order_status == static_cast<std::uint8_t>(orders::OrderStatus::created)) {
        orders::FailOrderT command;
        command.order_id = s.order_id;
        command.reason = s.end_reason;
        return command;
    }
    orders::CancelOrderT command;
    command.order_id = s.order_id;
    command.reason = s.end_reason;
    return command;
}

order_fulfilment::Command park_command(const FulfilmentStateT& s, const ActionT& action) {
    order_fulfilment::ParkT command;
    command.order_id = s.order_id;
    command.step = action.step;
    command.reason = s.parked_reason.empty() ? std::string("parked") : s.parked_reason.substr(0, limits::reason_bytes_max);
    return command;
}

}  // namespace

Command command_of(const FulfilmentStateT& s, const ActionT& action) {
    GRANARY_CHECK(action.kind != ActionKind::effect);
    if (action.kind == ActionKind::park) return park_command(s, action);
    switch (action.step) {
        case Step::reserve: return reserve_command(s, action);
        case Step::commit_stock: return inventory::Command(of_stock<inventory::CommitReservationT>(s, action));
        case Step::release: return release_command(s, action);
        case Step::start_payment: return start_command(s);
        case Step::capture: return payments::Command(of_payment<payments::RequestCaptureT>(s));
        case Step::void_payment: return void_command(s);
        case Step::refund: return refund_command(s, action);
        case Step::mark_paid: return paid_command(s);
        case Step::mark_packed: return mark<orders::MarkPackedT>(s);
        case Step::mark_shipped: return shipped_command(s);
        case Step::mark_delivered: return mark<orders::MarkDeliveredT>(s);
        case Step::fail_order: return end_command(s);
        case Step::create_shipment: return shipment_command(s);
        case Step::cancel_shipment: return cancel_shipment_command(s);
        case Step::none:
        case Step::authorize:
        case Step::book_shipment:
        case Step::track_shipment: break;
    }
    check_failed("an action that stands for no command", std::source_location::current());
}

Effect effect_of(const FulfilmentStateT& s, const ActionT& action) {
    GRANARY_CHECK(action.kind == ActionKind::effect);
    switch (action.step) {
        case Step::authorize: return AuthorizePayment{s.payment->payment_id, s.order_id, s.total, text_from(s.payment->token)};
        case Step::capture: return CapturePayment{s.payment->payment_id, s.total};
        case Step::void_payment: return VoidPayment{s.payment->payment_id};
        case Step::refund: {
            const auto& refund = refund_of(s, action);
            return RefundPayment{refund.payment_id, refund.refund_id, refund.amount};
        }
        case Step::book_shipment: {
            BookShipment book{s.parcel->shipment_id, s.warehouse, s.country, 0};
            for (const auto& line : s.lines) book.pieces += line->quantity;
            return book;
        }
        case Step::cancel_shipment: return CancelShipment{s.parcel->shipment_id};
        case Step::track_shipment: return TrackShipment{s.parcel->shipment_id};
        case Step::none:
        case Step::reserve:
        case Step::commit_stock:
        case Step::release:
        case Step::start_payment:
        case Step::mark_paid:
        case Step::create_shipment:
        case Step::mark_packed:
        case Step::mark_shipped:
        case Step::mark_delivered:
        case Step::fail_order: break;
    }
    check_failed("an action that stands for no effect", std::source_location::current());
}

bool is_of_own_partition(const ActionT& action) {
    return action.step != Step::reserve && action.step != Step::commit_stock && action.step != Step::release;
}

ReservationId reservation_id_of(OrderId order, const Sku& sku) { return {derive("reservation ", order.value, sku.view())}; }
PaymentId payment_id_of(OrderId order, std::uint32_t submission) { return {derive("payment ", order.value, std::to_string(submission))}; }
ShipmentId shipment_id_of(OrderId order, std::uint32_t number) { return {derive("shipment ", order.value, std::to_string(number))}; }
RefundId refund_id_of(PaymentId payment, std::uint32_t number) { return {derive("refund ", payment.value, std::to_string(number))}; }
CommandId action_id_of(EventId cause, std::uint32_t index) { return {derive("command ", cause.value, std::to_string(index))}; }

}  // namespace granary::sagas
