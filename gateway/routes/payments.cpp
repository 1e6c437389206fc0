// Paying and refunding are asked for here and carried out by the order's saga, so both answer 202.
#include "gateway/routes/payments.hpp"

#include <utility>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/middleware/luhn.hpp"
#include "gateway/middleware/reading.hpp"
#include "gateway/routes/orders_request.hpp"

namespace granary::gateway {
namespace {

using ports::CommandAnswer;

// The parsed body of a payment request, free of card numbers; nullopt, and the call has been failed.
std::optional<JsonDocument> parse_payment_body(const CallPtr& call) {
    auto body = parse_body(call);
    if (!body) return std::nullopt;
    const auto found = find_card_number(body->root());
    if (!found.found) return body;
    call->fail(Problem{.code = ProblemCode::card_number, .errors = {{found.pointer, "looks like a card number"}}});
    return std::nullopt;
}

struct Instruction {
    OrderId order;
    std::string token;
    orders::PaymentMethod method = orders::PaymentMethod::card;
};

// 202 with the place where the outcome will show.
http::Response accepted(std::string body, const std::string& location) {
    auto response = json_response(202, std::move(body));
    response.headers.add("location", location);
    return response;
}

void submit_payment(const CallPtr& call, const Instruction& pay, Fingerprint fingerprint) {
    const auto find = [order = pay.order](const Call& at) { return at.services().orders.get(order); };
    with_document(call, {call->services().orders.partition(pay.order)}, Permission::orders_all, find, [pay, fingerprint](const CallPtr& found, const queries::Document&) {
        orders::SubmitPaymentT command;
        command.order_id = pay.order;
        command.payment_method = pay.method;
        command.payment_token = pay.token;
        CommandCall wish{.command = orders::Command(std::move(command)), .id = command_id_for(*found, text_of(pay.order)), .fingerprint = fingerprint};
        run_command(found, std::move(wish), [order = pay.order](const CommandAnswer&) {
            JsonWriter json;
            json.begin_object().member("order", text_of(order)).member("status", "submitted").end_object();
            return accepted(json.take(), "/v1/orders/" + text_of(order) + "/payments");
        });
    });
}

void read_instruction(const CallPtr& call, std::optional<OrderId> order) {
    const auto body = parse_payment_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    if (!order) order = reader.id<OrderId>("order", required);
    const auto token = reader.text("token", required, limits::payment_token_bytes_max, 1);
    const auto method = reader.word("method", optional_field, payment_method_words);
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    submit_payment(call, {*order, std::string(*token), payment_method_at(method.value_or(0))}, fingerprint_of(*call, *body));
}

struct RefundRequest {
    std::optional<Money> amount;  // nullopt = all that is left
    std::string reason;
    Fingerprint fingerprint;
};

// What a payment's JSON says, as far as a refund needs it.
struct PaymentFacts {
    PaymentId id;
    OrderId order;
    Money left;
};

std::optional<Money> money_of(JsonNode node) {
    if (!node || node.kind() != JsonKind::object) return std::nullopt;
    const auto amount = node.member("amount"), code = node.member("currency");
    if (!amount || !code || amount.kind() != JsonKind::integer || code.kind() != JsonKind::string) return std::nullopt;
    const auto known = parse_currency(code.text());
    return known ? std::optional(Money{amount.integer(), *known}) : std::nullopt;
}

std::string text_member(JsonNode object, std::string_view name) {
    const auto node = object && object.kind() == JsonKind::object ? object.member(name) : JsonNode();
    return node && node.kind() == JsonKind::string ? std::string(node.text()) : std::string();
}

std::optional<PaymentFacts> facts_of(JsonNode payment, std::optional<OrderId> order) {
    const auto id = parse_id<PaymentKind>(text_member(payment, "id"));
    if (!order) order = parse_id<OrderKind>(text_member(payment, "order_id"));
    if (!id || !order) return std::nullopt;
    const auto amount = money_of(payment.member("amount")), refunded = money_of(payment.member("refunded"));
    PaymentFacts facts{*id, *order, amount.value_or(Money{})};
    if (refunded) facts.left.minor -= refunded->minor;
    return facts;
}

void submit_refund(const CallPtr& call, const PaymentFacts& payment, const RefundRequest& wish) {
    payments::RequestRefundT command;
    command.payment_id = payment.id;
    command.order_id = payment.order;
    const auto id = command_id_for(*call, text_of(payment.order));
    command.refund_id = derive<RefundKind>(call->edge->command_secret(), id);
    command.amount = wish.amount.value_or(payment.left);
    command.reason = wish.reason;
    const RefundId refund = command.refund_id;
    const Money amount = command.amount;
    const auto render = [payment, refund, amount](const CommandAnswer& answer) {
        Money asked = amount;
        if (answer.commit)
            if (const auto* any = std::get_if<payments::Event>(&answer.commit->events.front().event))
                if (const auto* event = std::get_if<payments::RefundRequestedT>(any)) asked = event->amount;
        JsonWriter json;
        json.begin_object().member("id", text_of(refund)).member("payment", text_of(payment.id)).member("order", text_of(payment.order)).member("status", "requested");
        json.key("amount").begin_object().member("amount", asked.minor).member("currency", text_of(asked.currency)).end_object().end_object();
        return accepted(json.take(), "/v1/payments/" + text_of(payment.id));
    };
    CommandCall request{.command = payments::Command(std::move(command)), .id = id, .fingerprint = wish.fingerprint};
    if (amount.minor > 0) return run_command(call, std::move(request), render);
    replay_or_fail(call, std::move(request), render, Problem{.code = ProblemCode::amount_exceeded, .detail = "nothing is left to refund"});
}

// Reads {amount?, reason?} and, without an order in the path, {order}.
struct ReadRefund {
    RefundRequest request;
    std::optional<OrderId> order;
};
std::optional<ReadRefund> read_refund(const CallPtr& call, bool with_order) {
    const auto body = parse_payment_body(call);
    if (!body) return std::nullopt;
    ReadRefund read;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    if (with_order) read.order = reader.id<OrderId>("order", required);
    read.request.amount = reader.money("amount", optional_field, {1, INT64_MAX / 10'000});
    read.request.reason = reader.text("reason", optional_field, limits::reason_bytes_max).value_or("");
    reader.done();
    if (!errors.empty()) {
        call->fail(std::move(errors).problem());
        return std::nullopt;
    }
    read.request.fingerprint = fingerprint_of(*call, *body);
    return read;
}

void refund_what_is_paid(const CallPtr& call, const queries::Document& order, OrderId id, const RefundRequest& request) {
    const auto parsed = JsonDocument::parse(order.json);
    const auto payment = parsed ? parsed->root().member("payment") : JsonNode();
    const auto facts = payment ? facts_of(payment, id) : std::nullopt;
    if (facts) return submit_refund(call, *facts, request);
    call->fail(ProblemCode::illegal_transition, "nothing has been paid for this order yet");
}

void answer_status(const CallPtr& call, const queries::Document& order) {
    const auto parsed = JsonDocument::parse(order.json);
    if (!parsed) return call->fail(ProblemCode::internal);
    JsonWriter json;
    json.begin_object().member("order", text_member(parsed->root(), "id")).member("order_status", text_member(parsed->root(), "status"));
    json.key("payment");
    const auto payment = parsed->root().member("payment");
    if (payment) json.raw(payment.canonical());
    else json.null();
    json.end_object();
    auto status = order;
    status.json = json.take();
    answer_document(call, status);
}

}  // namespace

void checkout(const CallPtr& call) { read_instruction(call, std::nullopt); }

void pay_order(const CallPtr& call) {
    if (const auto order = path_id<OrderKind>(call, 2)) read_instruction(call, order);
}

void get_payment_status(const CallPtr& call) {
    const auto* text = call->request.query_value("order");
    const auto order = text != nullptr ? parse_id<OrderKind>(*text) : std::nullopt;
    if (!order) return call->fail(ProblemCode::invalid_parameter, "order must be an order's id");
    const auto find = [order = *order](const Call& at) { return at.services().orders.get(order); };
    with_document(call, {call->services().orders.partition(*order)}, Permission::orders_all, find, answer_status);
}

void get_payment(const CallPtr& call) {
    const auto id = path_id<PaymentKind>(call, 2);
    if (!id) return;
    const auto find = [id = *id](const Call& at) { return at.services().payments.get(id); };
    with_document(call, queries::all_partitions(call->services().partitions), Permission::orders_all, find, answer_document);
}

void list_order_payments(const CallPtr& call) {
    const auto order = path_id<OrderKind>(call, 2);
    if (!order) return;
    const auto find = [order = *order](const Call& at) { return at.services().orders.get(order); };
    with_document(call, {call->services().orders.partition(*order)}, Permission::orders_all, find, [order = *order](const CallPtr& found, const queries::Document&) {
        answer_page(found, [&](const queries::PageRequest& page) { return found->services().payments.of_order(order, page); });
    });
}

void refund_order(const CallPtr& call) {
    auto read = read_refund(call, true);
    if (!read) return;
    const OrderId id = *read->order;
    const auto find = [id](const Call& at) { return at.services().orders.get(id); };
    with_document(call, {call->services().orders.partition(id)}, Permission::orders_all, find, [id, request = std::move(read->request)](const CallPtr& found, const queries::Document& order) {
        refund_what_is_paid(found, order, id, request);
    });
}

void refund_payment(const CallPtr& call) {
    const auto id = path_id<PaymentKind>(call, 2);
    if (!id) return;
    auto read = read_refund(call, false);
    if (!read) return;
    const auto find = [id = *id](const Call& at) { return at.services().payments.get(id); };
    with_document(call, queries::all_partitions(call->services().partitions), Permission::orders_all, find, [request = std::move(read->request)](const CallPtr& found, const queries::Document& payment) {
        const auto parsed = JsonDocument::parse(payment.json);
        const auto facts = parsed ? facts_of(parsed->root(), std::nullopt) : std::nullopt;
        if (facts) submit_refund(found, *facts, request);
        else found->fail(ProblemCode::internal);
    });
}

}  // namespace granary::gateway
