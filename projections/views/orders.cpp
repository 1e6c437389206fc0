// Folds the order's own events into its page; payments and delivery bring theirs.
#include "projections/views/orders.hpp"

#include "projections/views/customer_erasure.hpp"
#include "projections/views/delivery.hpp"
#include "projections/views/payments.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

using orders::OrderStatus;
using read_models::OrderRowT;

struct Fold {
    Rows& rows;
    const Fact& fact;

    OrderRowT* page(OrderId id) const {
        OrderRowT* row = rows.edit<OrderRowT>(read_models::order_key(id));
        if (row == nullptr) return nullptr;
        row->version = fact.version;
        row->updated_at = fact.recorded_at();
        return row;
    }
    void become(OrderId id, OrderStatus status) const {
        if (OrderRowT* row = page(id)) row->status = static_cast<std::uint8_t>(status);
    }
    void end(OrderId id, OrderStatus status, const std::string& reason) const {
        if (OrderRowT* row = page(id)) {
            row->status = static_cast<std::uint8_t>(status);
            row->reason = reason;
        }
    }

    void operator()(const orders::OrderPlacedT& event) const {
        OrderRowT row;
        row.order_id = event.order_id;
        row.owner = event.customer;
        row.version = fact.version;
        row.status = static_cast<std::uint8_t>(OrderStatus::created);
        row.total = event.total;
        row.line_count = static_cast<std::uint32_t>(event.lines.size());
        row.warehouse = event.warehouse;
        row.country = event.country;
        row.reference = event.reference;
        row.payment_method = static_cast<std::uint8_t>(event.payment_method);
        row.placed_at = fact.occurred_at;
        row.updated_at = fact.recorded_at();
        row.lines = read_models::lines_json(event);
        if (event.ship_to) row.ship_to = std::make_unique<wire::SealedT>(*event.ship_to);
        if (event.note) row.note = std::make_unique<wire::SealedT>(*event.note);
        rows.replace(read_models::order_key(event.order_id), std::move(row));
    }
    void operator()(const orders::PaymentSubmittedT& event) const {
        if (OrderRowT* row = page(event.order_id)) row->payment_method = static_cast<std::uint8_t>(event.payment_method);
    }
    void operator()(const orders::OrderPaidT& event) const { become(event.order_id, OrderStatus::paid); }
    void operator()(const orders::OrderPackedT& event) const { become(event.order_id, OrderStatus::packed); }
    void operator()(const orders::OrderShippedT& event) const { become(event.order_id, OrderStatus::shipped); }
    void operator()(const orders::OrderDeliveredT& event) const { become(event.order_id, OrderStatus::delivered); }
    void operator()(const orders::OrderCancelledT& event) const {
        end(event.order_id, OrderStatus::cancelled, event.reason);
    }
    void operator()(const orders::OrderFailedT& event) const { end(event.order_id, OrderStatus::failed, event.reason); }
    void operator()(const orders::BuyerErasureRequestedT& event) const {
        if (OrderRowT* row = page(event.order_id)) begin_erasure(row->erasure, fact);
    }
    // What nobody can read any more is not kept either.
    void operator()(const orders::BuyerErasedT& event) const {
        OrderRowT* row = page(event.order_id);
        if (row == nullptr) return;
        end_erasure(row->erasure, fact, event.orders_under_way);
        row->ship_to.reset();
        row->note.reset();
    }
};

}  // namespace

void apply_orders(Rows& rows, const Fact& fact) {
    if (const auto* order = std::get_if<orders::Event>(&fact.event)) std::visit(Fold{rows, fact}, *order);
    if (const auto* payment = std::get_if<payments::Event>(&fact.event)) apply_to_order(rows, fact, *payment);
    if (const auto* shipment = std::get_if<delivery::Event>(&fact.event)) apply_to_order(rows, fact, *shipment);
    if (const auto* erasure = std::get_if<customer_erasure::Event>(&fact.event)) apply_to_order(rows, fact, *erasure);
}

}  // namespace granary::views
