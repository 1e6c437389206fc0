// JSON of payments.
#include "query-side/read_models/payments.hpp"

#include <string_view>

#include "query-side/read_models/order_status.hpp"
#include "schemas/json_values.hpp"

namespace granary::read_models {
namespace {

std::string_view word_of_refund(RefundStatus status) {
    switch (status) {
        case RefundStatus::requested: return "requested";
        case RefundStatus::refunded: return "refunded";
        case RefundStatus::failed: return "failed";
    }
    return "";
}

void write_refund(JsonWriter& json, const RefundPartT& refund) {
    json.begin_object();
    write_member(json, "id", refund.refund_id);
    json.key("status").string(word_of_refund(refund.status));
    write_member(json, "amount", refund.amount);
    if (!refund.reason.empty()) json.member("reason", refund.reason);
    json.end_object();
}

}  // namespace

void render(PaymentRowT& row) {
    const PaymentPartT& payment = *row.payment;
    JsonWriter json;
    json.begin_object();
    write_member(json, "id", payment.payment_id);
    write_member(json, "order_id", row.order_id);
    json.key("status").string(word_of(static_cast<payments::PaymentStatus>(payment.status)));
    json.key("method").string(word_of(static_cast<orders::PaymentMethod>(payment.method)));
    write_member(json, "amount", payment.amount);
    write_member(json, "captured", payment.captured);
    write_member(json, "refunded", payment.refunded);
    if (!row.provider_reference.empty()) json.member("provider_reference", row.provider_reference);
    if (!payment.reason.empty()) json.member("reason", payment.reason);
    json.key("refunds").begin_array();
    for (const auto& refund : row.refunds) write_refund(json, *refund);
    json.end_array();
    write_member(json, "started_at", row.started_at);
    write_member(json, "updated_at", row.updated_at);
    json.member("version", static_cast<std::int64_t>(row.version));
    json.end_object();
    row.json = json.take();
}

}  // namespace granary::read_models
