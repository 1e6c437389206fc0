// The sender's event id becomes the command's id, so whatever is sent twice is applied once.
#include "gateway/routes/callbacks.hpp"

#include <algorithm>
#include <utility>

#include "core/mutants.hpp"
#include "core/reason_code.hpp"
#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/luhn.hpp"
#include "gateway/middleware/signature.hpp"

namespace granary::gateway {
namespace {

using ports::CommandAnswer;
using ports::CommandOutcome;

bool is_signed(const CallPtr& call) {
    const std::string* header = call->request.headers.find("granary-signature");
    const auto verdict = check_signature(header != nullptr ? *header : std::string_view(), call->request.body, call->edge->callback_secret(), call->services().clock.now());
    if (verdict == SignatureVerdict::good || GRANARY_MUTANT(signature_not_checked)) return true;
    call->fail(ProblemCode::bad_signature, std::string(name_of(verdict)));
    return false;
}

// Fields that every callback has.
struct Envelope {
    std::string event_id;
    std::size_t type = 0;  // place among the types
    Time occurred_at;
    OrderId order;
};

std::optional<Envelope> read_envelope(ObjectReader& body, std::span<const std::string_view> types) {
    const auto event_id = body.text("event_id", required, limits::callback_event_id_bytes_max, 1);
    if (event_id)
        for (const char c : *event_id)
            if (c < '!' || c > '~') {
                body.malformed("event_id", "must be printable ASCII without spaces");
                break;
            }
    const auto type = body.word("type", required, types);
    const auto occurred_at = body.time("occurred_at", required);
    const auto order = body.id<OrderId>("order_id", required);
    if (!event_id || !type || !occurred_at || !order) return std::nullopt;
    return Envelope{std::string(*event_id), *type, *occurred_at, *order};
}

// What could not be applied because the world has moved on needs no second callback.
void apply(const CallPtr& call, const JsonDocument& body, const Envelope& envelope, Command command) {
    const Time occurred_at = std::min(envelope.occurred_at, call->services().clock.now());
    CommandCall wish{.command = std::move(command), .fingerprint = fingerprint_of(*call, body), .occurred_at = occurred_at, .background = true};
    wish.id = command_id_of(call->edge->command_secret(), {call->route->operation, "POST", call->request.path(), envelope.event_id, text_of(envelope.order)});
    submit_command(call, std::move(wish), [](const CallPtr& done, const CommandAnswer& answer) {
        const bool moved_on = answer.outcome == CommandOutcome::refused && answer.refusal.code != RefusalCode::not_found && answer.refusal.code != RefusalCode::key_reused &&
                              answer.refusal.code != RefusalCode::invalid && answer.refusal.code != RefusalCode::limit_exceeded;
        if (const auto problem = problem_for(answer); problem && !moved_on) return done->fail(*problem);
        http::Response response{.status = 204};
        write_command_headers(response.headers, answer);
        done->answer(std::move(response));
    });
}

struct PaymentNotice {
    PaymentId payment;
    OrderId order;
    std::optional<Money> amount;
    std::string reference, reason;
    std::optional<RefundId> refund;
};

enum PaymentType : std::size_t { authorized, declined, captured, voided, refunded };
constexpr std::string_view payment_types[] = {"payment.authorized", "payment.declined", "payment.captured", "payment.voided", "payment.refunded"};
enum ShipmentType : std::size_t { booked, packed, in_transit, delivered };
constexpr std::string_view shipment_types[] = {"shipment.booked", "shipment.packed", "shipment.in_transit", "shipment.delivered"};

payments::Command payment_command(std::size_t type, const PaymentNotice& notice) {
    const auto about = [&](auto command) {
        command.payment_id = notice.payment;
        command.order_id = notice.order;
        return command;
    };
    if (type == authorized) {
        auto command = about(payments::RecordAuthorizedT());
        command.amount = *notice.amount;
        command.provider_reference = notice.reference;
        return command;
    }
    if (type == declined) {
        auto command = about(payments::RecordDeclinedT());
        // Kept for ever and shown to many: a code is taken, free text is not.
        command.reason = is_reason_code(notice.reason) ? notice.reason : "declined";
        return command;
    }
    if (type == captured) {
        auto command = about(payments::RecordCapturedT());
        command.amount = *notice.amount;
        return command;
    }
    if (type == voided) return about(payments::RecordVoidedT());
    auto command = about(payments::RecordRefundedT());
    command.refund_id = *notice.refund;
    return command;
}

delivery::Command shipment_command(const Envelope& envelope, ShipmentId shipment, const std::string& tracking) {
    if (envelope.type == booked) {
        delivery::RecordBookedT command;
        command.shipment_id = shipment;
        command.order_id = envelope.order;
        command.tracking_number = tracking;
        return command;
    }
    constexpr delivery::ShipmentStatus statuses[] = {delivery::ShipmentStatus::booked, delivery::ShipmentStatus::packed, delivery::ShipmentStatus::in_transit, delivery::ShipmentStatus::delivered};
    delivery::RecordProgressT command;
    command.shipment_id = shipment;
    command.order_id = envelope.order;
    command.status = statuses[envelope.type];
    command.carrier_event_id = envelope.event_id;
    command.happened_at = envelope.occurred_at;
    return command;
}

// The sender's event id is a serial number of its own: about one in ten of those with enough digits would pass for a card.
bool refuses_card_number(const CallPtr& call, const JsonDocument& body) {
    for (JsonNode item = body.root().first(); item; item = item.next()) {
        if (item.name() == "event_id") continue;
        const auto found = find_card_number(item);
        if (!found.found) continue;
        call->fail(Problem{.code = ProblemCode::card_number, .errors = {{found.pointer, "looks like a card number"}}});
        return true;
    }
    return false;
}

}  // namespace

void payment_callback(const CallPtr& call) {
    if (!is_signed(call)) return;
    const auto body = parse_body(call);
    if (!body || refuses_card_number(call, *body)) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto envelope = read_envelope(reader, payment_types);
    const auto payment = reader.id<PaymentId>("payment_id", required);
    const std::size_t type = envelope ? envelope->type : std::size(payment_types);
    PaymentNotice notice;
    notice.amount = reader.money("amount", type == authorized || type == captured ? required : optional_field, {0, INT64_MAX / 10'000});
    notice.reference = reader.text("reference", optional_field, limits::external_reference_bytes_max).value_or("");
    notice.reason = reader.text("reason", type == declined ? required : optional_field, limits::reason_bytes_max, 1).value_or("");
    notice.refund = reader.id<RefundId>("refund_id", type == refunded ? required : optional_field);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    notice.payment = *payment;
    notice.order = envelope->order;
    apply(call, *body, *envelope, payment_command(type, notice));
}

void carrier_callback(const CallPtr& call) {
    if (!is_signed(call)) return;
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto envelope = read_envelope(reader, shipment_types);
    const auto shipment = reader.id<ShipmentId>("shipment_id", required);
    const bool needs_number = envelope && envelope->type == booked;
    const std::string tracking(reader.text("tracking_number", needs_number ? required : optional_field, limits::external_reference_bytes_max, 1).value_or(""));
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    apply(call, *body, *envelope, shipment_command(*envelope, *shipment, tracking));
}

}  // namespace granary::gateway
