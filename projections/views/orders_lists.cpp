// Keeps the entries of both lists.
#include "projections/views/orders_lists.hpp"

#include <optional>

#include "core/mutants.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

using orders::OrderStatus;
using read_models::EntryRow;
using read_models::OrderPlaceRowT;

// The status that an event leads to, if it changes it.
struct NextStatus {
    std::optional<OrderStatus> operator()(const orders::OrderPlacedT&) const { return OrderStatus::created; }
    std::optional<OrderStatus> operator()(const orders::PaymentSubmittedT&) const { return std::nullopt; }
    std::optional<OrderStatus> operator()(const orders::OrderPaidT&) const { return OrderStatus::paid; }
    std::optional<OrderStatus> operator()(const orders::OrderPackedT&) const { return OrderStatus::packed; }
    std::optional<OrderStatus> operator()(const orders::OrderShippedT&) const { return OrderStatus::shipped; }
    std::optional<OrderStatus> operator()(const orders::OrderDeliveredT&) const { return OrderStatus::delivered; }
    std::optional<OrderStatus> operator()(const orders::OrderCancelledT&) const { return OrderStatus::cancelled; }
    std::optional<OrderStatus> operator()(const orders::OrderFailedT&) const { return OrderStatus::failed; }
    std::optional<OrderStatus> operator()(const orders::BuyerErasureRequestedT&) const { return std::nullopt; }
    std::optional<OrderStatus> operator()(const orders::BuyerErasedT&) const { return std::nullopt; }
};

OrderId order_of(const orders::Event& event) {
    return std::visit([](const auto& e) { return e.order_id; }, event);
}

void enter(Rows& rows, const Fact& fact, OrderId id) {
    OrderPlaceRowT place;
    place.status = static_cast<std::uint8_t>(OrderStatus::created);
    place.placed_at = fact.occurred_at;
    rows.replace(read_models::order_place_key(id), std::move(place));
    rows.replace(read_models::status_order_key(OrderStatus::created, fact.occurred_at, id), EntryRow{});
}

void move(Rows& rows, OrderId id, OrderStatus to) {
    auto* place = rows.edit<OrderPlaceRowT>(read_models::order_place_key(id));
    if (place == nullptr) return;
    if (!GRANARY_MUTANT(old_place_kept)) {
        rows.remove(read_models::status_order_key(static_cast<OrderStatus>(place->status), place->placed_at, id));
    }
    place->status = static_cast<std::uint8_t>(to);
    rows.replace(read_models::status_order_key(to, place->placed_at, id), EntryRow{});
}

}  // namespace

void apply_customer_orders(Rows& rows, const Fact& fact) {
    const auto* order = std::get_if<orders::Event>(&fact.event);
    const auto* placed = order == nullptr ? nullptr : std::get_if<orders::OrderPlacedT>(order);
    if (placed == nullptr || placed->customer.is_nil()) return;
    rows.replace(read_models::customer_order_key(placed->customer, fact.occurred_at, placed->order_id), EntryRow{});
}

void apply_orders_by_status(Rows& rows, const Fact& fact) {
    const auto* order = std::get_if<orders::Event>(&fact.event);
    if (order == nullptr) return;
    const auto next = std::visit(NextStatus{}, *order);
    if (!next) return;
    const OrderId id = order_of(*order);
    *next == OrderStatus::created ? enter(rows, fact, id) : move(rows, id, *next);
}

}  // namespace granary::views
