// Every step of a payment goes to the followers of its status; three of them also to those who only book money.
#include "integration/mapping/payments.hpp"

#include "schemas/orders_messages.hpp"

namespace granary::integration {
namespace {

// What a step may say besides who and how.
struct Details {
    std::optional<RefundId> refund;
    std::optional<Money> amount;
    std::string reason;
};

struct Writer {
    Messages operator()(const payments::PaymentStartedT& e) const {
        auto messages = step("authorizing", e, {.amount = e.amount});
        messages.push_back(message_of(payment_created, [&](JsonWriter& json) {
            write_ids(json, e);
            write_member(json, "customer_id", e.customer);
            write_member(json, "amount", e.amount);
            write_word(json, "method", orders::EnumNamePaymentMethod(static_cast<orders::PaymentMethod>(e.method)));
        }));
        return messages;
    }
    Messages operator()(const payments::PaymentAuthorizedT& e) const { return step("authorized", e, {.amount = e.amount}); }
    Messages operator()(const payments::PaymentDeclinedT& e) const { return step("declined", e, {.reason = e.reason}); }
    Messages operator()(const payments::CaptureRequestedT& e) const { return step("capturing", e, {.amount = e.amount}); }
    Messages operator()(const payments::PaymentCapturedT& e) const {
        auto messages = step("captured", e, {.amount = e.amount});
        messages.push_back(message_of(payment_processed, [&](JsonWriter& json) {
            write_ids(json, e);
            write_member(json, "amount", e.amount);
        }));
        return messages;
    }
    Messages operator()(const payments::CaptureFailedT& e) const { return step("capture_failed", e, {.reason = e.reason}); }
    Messages operator()(const payments::VoidRequestedT& e) const { return step("voiding", e, {.reason = e.reason}); }
    Messages operator()(const payments::PaymentVoidedT& e) const { return step("voided", e, {}); }
    Messages operator()(const payments::RefundRequestedT& e) const { return step("refunding", e, {.refund = e.refund_id, .amount = e.amount, .reason = e.reason}); }
    Messages operator()(const payments::PaymentRefundedT& e) const {
        auto messages = step("refunded", e, {.refund = e.refund_id, .amount = e.amount});
        messages.push_back(message_of(payment_refunded, [&](JsonWriter& json) {
            write_ids(json, e);
            write_member(json, "refund_id", e.refund_id);
            write_member(json, "amount", e.amount);
        }));
        return messages;
    }
    Messages operator()(const payments::RefundFailedT& e) const { return step("refund_failed", e, {.refund = e.refund_id, .reason = e.reason}); }
    Messages operator()(const payments::PaymentFailedT& e) const { return step("failed", e, {.reason = e.reason}); }

    template <class PaymentEvent>
    static void write_ids(JsonWriter& json, const PaymentEvent& event) {
        write_member(json, "payment_id", event.payment_id);
        write_member(json, "order_id", event.order_id);
    }

    template <class PaymentEvent>
    static Messages step(std::string_view status, const PaymentEvent& event, const Details& details) {
        Messages messages;
        messages.push_back(message_of(payment_status_updated, [&](JsonWriter& json) {
            write_ids(json, event);
            json.member("status", status);
            if (details.refund) write_member(json, "refund_id", *details.refund);
            if (details.amount) write_member(json, "amount", *details.amount);
            write_reason(json, details.reason);
        }));
        return messages;
    }
};

}  // namespace

Messages messages_of(const payments::Event& event) { return std::visit(Writer{}, event); }

}  // namespace granary::integration
