// A payment as text: as the book keeps it, and as others are shown it.
#include <array>
#include <utility>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "gateway/middleware/body_reader.hpp"
#include "tools/house/payment_book.hpp"

namespace granary::house {
namespace {

using gateway::optional_field;
using gateway::required;

constexpr std::array<std::string_view, 6> status_names{"unheard", "pending", "authorized", "declined", "voided", "captured"};
constexpr gateway::IntegerRange any_amount{0, INT64_MAX};
constexpr gateway::IntegerRange small_count{0, 1000};

void write_money(JsonWriter& json, std::string_view name, Money money) {
    json.key(name).begin_object().member("amount", money.minor).member("currency", text_of(money.currency)).end_object();
}

void write_refunds(JsonWriter& json, const BookedPayment& payment) {
    json.key("refunds").begin_array();
    for (const BookedRefund& refund : payment.refunds) {
        json.begin_object().member("refund_id", text_of(refund.id)).member("minor", refund.minor).member("refunded", refund.refunded);
        json.member("reason", refund.reason).end_object();
    }
    json.end_array();
}

void write_shown(JsonWriter& json, const BookedPayment& payment) {
    json.member("payment_id", text_of(payment.id)).member("status", name_of(payment.status));
    if (!payment.order.is_nil()) {
        json.member("order_id", text_of(payment.order));
        write_money(json, "amount", payment.amount);
        write_money(json, "refunded", {payment.refunded_minor(), payment.amount.currency});
    }
    if (!payment.reference.empty()) json.member("reference", payment.reference);
    if (!payment.reason.empty()) json.member("reason", payment.reason);
}

std::string text_or_empty(gateway::ObjectReader& reader, std::string_view name) {
    return std::string(reader.text(name, optional_field, limits::reason_bytes_max).value_or(""));
}

BookedRefund read_refund(gateway::JsonNode node, gateway::BodyErrors& errors) {
    gateway::ObjectReader reader(node, errors);
    BookedRefund refund;
    refund.id = reader.id<RefundId>("refund_id", required).value_or(RefundId{});
    refund.minor = reader.integer("minor", required, any_amount).value_or(0);
    refund.refunded = reader.boolean("refunded", required).value_or(false);
    refund.reason = text_or_empty(reader, "reason");
    reader.done();
    return refund;
}

}  // namespace

std::string text_of(const BookedPayment& payment) {
    JsonWriter json;
    json.begin_object().member("payment_id", text_of(payment.id)).member("status", name_of(payment.status));
    if (!payment.order.is_nil()) {
        json.member("order_id", text_of(payment.order));
        write_money(json, "amount", payment.amount);
    }
    json.member("reference", payment.reference).member("reason", payment.reason).member("decline_late", payment.decline_late);
    json.member("refuses_capture", payment.refuses_capture);
    json.member("lost_answers_left", std::int64_t{payment.lost_answers_left}).member("failures_left", std::int64_t{payment.failures_left});
    write_refunds(json, payment);
    return json.end_object().take();
}

Result<BookedPayment> parse_booked_payment(std::string_view text) {
    const auto document = gateway::JsonDocument::parse(text);
    if (!document) return fault(FaultCode::corrupt, "a payment in the book of the house can't be read");
    gateway::BodyErrors errors;
    gateway::ObjectReader reader(document->root(), errors);
    BookedPayment payment;
    payment.id = reader.id<PaymentId>("payment_id", required).value_or(PaymentId{});
    payment.status = static_cast<PaymentStatus>(reader.word("status", required, status_names).value_or(0));
    payment.order = reader.id<OrderId>("order_id", optional_field).value_or(OrderId{});
    payment.amount = reader.money("amount", optional_field, any_amount).value_or(Money{});
    payment.reference = text_or_empty(reader, "reference");
    payment.reason = text_or_empty(reader, "reason");
    payment.decline_late = text_or_empty(reader, "decline_late");
    payment.refuses_capture = reader.boolean("refuses_capture", required).value_or(false);
    payment.lost_answers_left = static_cast<std::uint32_t>(reader.integer("lost_answers_left", required, small_count).value_or(0));
    payment.failures_left = static_cast<std::uint32_t>(reader.integer("failures_left", required, small_count).value_or(0));
    for (const auto node : reader.items("refunds", required, 0, limits::refunds_per_payment_max)) payment.refunds.push_back(read_refund(node, errors));
    reader.done();
    if (!errors.empty()) return fault(FaultCode::corrupt, "a payment in the book of the house is not what was written");
    return payment;
}

std::string json_of(const BookedPayment& payment) {
    JsonWriter json;
    json.begin_object();
    write_shown(json, payment);
    return json.end_object().take();
}

std::string json_of(const BookedPayment& payment, const BookedRefund& refund) {
    JsonWriter json;
    json.begin_object().member("refund_id", text_of(refund.id)).member("payment_id", text_of(payment.id));
    json.member("status", refund.refunded ? "refunded" : "declined");
    // Of a payment that was never heard of, not even the currency is known.
    if (payment.amount.currency.code != 0) write_money(json, "amount", {refund.minor, payment.amount.currency});
    if (!refund.reason.empty()) json.member("reason", refund.reason);
    return json.end_object().take();
}

}  // namespace granary::house
