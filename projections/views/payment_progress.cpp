// The payment's life as views see it: the command side decided, here it is only told.
#include "projections/views/payment_progress.hpp"

#include "schemas/payments_messages.hpp"

namespace granary::views {
namespace {

using payments::PaymentStatus;

struct Advance {
    read_models::PaymentPartT& payment;

    void become(PaymentStatus status) { payment.status = static_cast<std::uint8_t>(status); }
    void become(PaymentStatus status, const std::string& reason) {
        become(status);
        payment.reason = reason;
    }
    // Where a payment stands when a refund has ended.
    void settle_refund() {
        if (payment.open_refunds > 0) --payment.open_refunds;
        if (payment.open_refunds > 0) return become(PaymentStatus::refunding);
        if (payment.refunded.minor == 0) return become(PaymentStatus::captured);
        become(payment.refunded >= payment.captured ? PaymentStatus::refunded : PaymentStatus::partially_refunded);
    }

    void operator()(const payments::PaymentStartedT&) {}
    void operator()(const payments::PaymentAuthorizedT&) { become(PaymentStatus::authorized); }
    void operator()(const payments::PaymentDeclinedT& event) { become(PaymentStatus::declined, event.reason); }
    void operator()(const payments::CaptureRequestedT&) { become(PaymentStatus::capturing); }
    void operator()(const payments::PaymentCapturedT& event) {
        become(PaymentStatus::captured, {});
        payment.captured = event.amount;
    }
    void operator()(const payments::CaptureFailedT& event) { become(PaymentStatus::authorized, event.reason); }
    void operator()(const payments::VoidRequestedT& event) { become(PaymentStatus::voiding, event.reason); }
    void operator()(const payments::PaymentVoidedT&) { become(PaymentStatus::voided); }
    void operator()(const payments::RefundRequestedT& event) {
        become(PaymentStatus::refunding, event.reason);
        ++payment.open_refunds;
    }
    void operator()(const payments::PaymentRefundedT& event) {
        payment.refunded = add(payment.refunded, event.amount).value_or(event.amount);
        settle_refund();
    }
    void operator()(const payments::RefundFailedT& event) {
        settle_refund();
        payment.reason = event.reason;
    }
    void operator()(const payments::PaymentFailedT& event) { become(PaymentStatus::failed, event.reason); }
};

}  // namespace

read_models::PaymentPartT started(const payments::PaymentStartedT& event) {
    read_models::PaymentPartT payment;
    payment.payment_id = event.payment_id;
    payment.status = static_cast<std::uint8_t>(PaymentStatus::authorizing);
    payment.method = event.method;
    payment.amount = event.amount;
    return payment;
}

void advance(read_models::PaymentPartT& payment, const payments::Event& event) {
    std::visit(Advance{payment}, event);
}

PaymentId payment_of(const payments::Event& event) {
    return std::visit([](const auto& e) { return e.payment_id; }, event);
}

}  // namespace granary::views
