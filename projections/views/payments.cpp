// Folds payment events into the payment's own row and into its order's page.
#include "projections/views/payments.hpp"

#include <algorithm>

#include "projections/views/payment_progress.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

using read_models::OrderRowT;
using read_models::PaymentRowT;
using read_models::RefundPartT;
using read_models::RefundStatus;

// What a payment's page keeps beyond the progress that it shares with the order's page.
struct Particulars {
    PaymentRowT& row;

    RefundPartT* refund(RefundId id) {
        const auto found = std::ranges::find(row.refunds, id, [](const auto& part) { return part->refund_id; });
        return found == row.refunds.end() ? nullptr : found->get();
    }
    void end_refund(RefundId id, RefundStatus status) {
        if (RefundPartT* part = refund(id)) part->status = status;
    }

    void operator()(const payments::PaymentStartedT&) {}
    void operator()(const payments::PaymentAuthorizedT& event) { row.provider_reference = event.provider_reference; }
    void operator()(const payments::PaymentDeclinedT&) {}
    void operator()(const payments::CaptureRequestedT&) {}
    void operator()(const payments::PaymentCapturedT&) {}
    void operator()(const payments::CaptureFailedT&) {}
    void operator()(const payments::VoidRequestedT&) {}
    void operator()(const payments::PaymentVoidedT&) {}
    void operator()(const payments::RefundRequestedT& event) {
        auto part = std::make_unique<RefundPartT>();
        part->refund_id = event.refund_id;
        part->amount = event.amount;
        part->reason = event.reason;
        row.refunds.push_back(std::move(part));
    }
    void operator()(const payments::PaymentRefundedT& event) { end_refund(event.refund_id, RefundStatus::refunded); }
    void operator()(const payments::RefundFailedT& event) { end_refund(event.refund_id, RefundStatus::failed); }
    void operator()(const payments::PaymentFailedT&) {}
};

void open(Rows& rows, const Fact& fact, const payments::PaymentStartedT& event) {
    PaymentRowT row;
    row.order_id = event.order_id;
    row.owner = event.customer;
    row.version = fact.version;
    row.payment = std::make_unique<read_models::PaymentPartT>(started(event));
    row.started_at = fact.recorded_at();
    row.updated_at = fact.recorded_at();
    rows.replace(read_models::payment_key(event.payment_id), std::move(row));
    rows.replace(read_models::order_payment_key(event.order_id, fact.recorded_at(), event.payment_id),
                 read_models::EntryRow{});
}

OrderId order_of(const payments::Event& event) {
    return std::visit([](const auto& e) { return e.order_id; }, event);
}

}  // namespace

void apply_payments(Rows& rows, const Fact& fact) {
    const auto* event = std::get_if<payments::Event>(&fact.event);
    if (event == nullptr) return;
    if (const auto* opening = std::get_if<payments::PaymentStartedT>(event)) return open(rows, fact, *opening);
    auto* row = rows.edit<PaymentRowT>(read_models::payment_key(payment_of(*event)));
    if (row == nullptr) return;
    advance(*row->payment, *event);
    std::visit(Particulars{*row}, *event);
    row->version = fact.version;
    row->updated_at = fact.recorded_at();
}

void apply_to_order(Rows& rows, const Fact& fact, const payments::Event& event) {
    auto* row = rows.edit<OrderRowT>(read_models::order_key(order_of(event)));
    if (row == nullptr) return;
    row->updated_at = fact.recorded_at();
    if (const auto* opening = std::get_if<payments::PaymentStartedT>(&event)) {
        row->payment = std::make_unique<read_models::PaymentPartT>(started(*opening));
    } else if (row->payment && row->payment->payment_id == payment_of(event)) {
        advance(*row->payment, event);
    }
}

}  // namespace granary::views
