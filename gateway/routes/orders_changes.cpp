// Changes of an order's status by hand, and cancelling.
#include <array>
#include <utility>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/reading.hpp"
#include "gateway/routes/orders.hpp"

namespace granary::gateway {
namespace {

using ports::CommandAnswer;

// `{"id", "status"}` after a change of status; a change that was none names no status.
http::Response render_status(OrderId order, const CommandAnswer& answer) {
    JsonWriter json;
    json.begin_object().member("id", text_of(order));
    if (answer.commit && !answer.commit->events.empty()) {
        struct StatusAfter {
            std::string_view operator()(const orders::OrderPlacedT&) const { return "CREATED"; }
            std::string_view operator()(const orders::PaymentSubmittedT&) const { return "CREATED"; }
            std::string_view operator()(const orders::OrderPaidT&) const { return "PAID"; }
            std::string_view operator()(const orders::OrderPackedT&) const { return "PACKED"; }
            std::string_view operator()(const orders::OrderShippedT&) const { return "SHIPPED"; }
            std::string_view operator()(const orders::OrderDeliveredT&) const { return "DELIVERED"; }
            std::string_view operator()(const orders::OrderCancelledT&) const { return "CANCELLED"; }
            std::string_view operator()(const orders::OrderFailedT&) const { return "FAILED"; }
            // In any status.
            std::string_view operator()(const orders::BuyerErasureRequestedT&) const { return {}; }
            std::string_view operator()(const orders::BuyerErasedT&) const { return {}; }
        };
        const auto* event = std::get_if<orders::Event>(&answer.commit->events.back().event);
        const auto status = event != nullptr ? std::visit(StatusAfter{}, *event) : std::string_view();
        if (!status.empty()) json.member("status", status);
    }
    json.member("changed", answer.commit.has_value()).end_object();
    return json_response(200, json.take());
}

}  // namespace

void put_order_status(const CallPtr& call) {
    const auto id = path_id<OrderKind>(call, order_segment);
    if (!id) return;
    const auto precondition = update_precondition(call->request.headers, false);
    if (!precondition) return call->fail(precondition.error());
    const auto body = parse_body(call);
    if (!body) return;
    constexpr std::string_view words[] = {"PACKED", "SHIPPED", "DELIVERED", "CANCELLED"};
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto word = reader.word("status", required, words);
    const auto tracking = reader.text("tracking_number", optional_field, limits::external_reference_bytes_max);
    const auto reason = reader.text("reason", optional_field, limits::reason_bytes_max);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    // Who may say how far a parcel is may not send the money back.
    if (*word == 3 && !call->may(Permission::orders_cancel)) {
        return call->fail(Problem{.code = ProblemCode::forbidden, .detail = "to cancel an order needs the permission orders:cancel", .errors = {{"/status", "must be PACKED, SHIPPED or DELIVERED"}}});
    }
    orders::Command command;
    if (*word == 0) command = [&] { orders::MarkPackedT c; c.order_id = *id; return c; }();
    else if (*word == 1) command = [&] { orders::MarkShippedT c; c.order_id = *id; c.tracking_number = tracking.value_or(""); return c; }();
    else if (*word == 2) command = [&] { orders::MarkDeliveredT c; c.order_id = *id; return c; }();
    else command = [&] { orders::CancelOrderT c; c.order_id = *id; c.reason = reason.value_or(""); return c; }();
    CommandCall wish{.command = std::move(command), .id = command_id_for(*call), .fingerprint = fingerprint_of(*call, *body), .expected_version = precondition->version};
    run_command(call, std::move(wish), [id = *id](const CommandAnswer& answer) { return render_status(id, answer); });
}

void cancel_order(const CallPtr& call) {
    const auto id = path_id<OrderKind>(call, order_segment);
    if (!id) return;
    const auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const std::string reason(reader.text("reason", optional_field, limits::reason_bytes_max).value_or(""));
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    const auto fingerprint = fingerprint_of(*call, *body);
    const auto find = [id = *id](const Call& at) { return at.services().orders.get(id); };
    with_document(call, {call->services().orders.partition(*id)}, Permission::orders_all, find, [id = *id, reason, fingerprint](const CallPtr& found, const queries::Document&) {
        orders::CancelOrderT command;
        command.order_id = id;
        command.reason = reason;
        CommandCall wish{.command = orders::Command(std::move(command)), .id = command_id_for(*found), .fingerprint = fingerprint};
        run_command(found, std::move(wish), [id](const CommandAnswer& answer) { return render_status(id, answer); });
    });
}

}  // namespace granary::gateway
