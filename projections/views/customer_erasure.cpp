// Folds the steps of erasures into pages.
#include "projections/views/customer_erasure.hpp"

#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

using read_models::ErasurePartT;
using wire::ErasureStatus;

ErasurePartT& made(std::unique_ptr<ErasurePartT>& part) {
    if (!part) part = std::make_unique<ErasurePartT>();
    return *part;
}

struct Advance {
    ErasurePartT& part;

    void operator()(const customer_erasure::OrdersFoundT& event) const { part.orders_under_way = event.orders_under_way; }
    void operator()(const customer_erasure::KeyDestroyedT&) const {}
    void operator()(const customer_erasure::ErasureParkedT&) const { part.parked = true; }
    void operator()(const customer_erasure::ErasureRetriedT&) const { part.parked = false; }
};

// The row of nobody is null.
template <class Row>
void advance(Row* row, const Fact& fact, const customer_erasure::Event& event) {
    if (row == nullptr) return;
    std::visit(Advance{made(row->erasure)}, event);
    row->updated_at = fact.recorded_at();
}

}  // namespace

void begin_erasure(std::unique_ptr<ErasurePartT>& part, const Fact& fact) {
    auto& erasure = made(part);
    if (static_cast<ErasureStatus>(erasure.status) == ErasureStatus::none) erasure.requested_at = fact.recorded_at();
    erasure.status = static_cast<std::uint8_t>(ErasureStatus::requested);
}

void end_erasure(std::unique_ptr<ErasurePartT>& part, const Fact& fact, std::uint32_t orders_under_way) {
    auto& erasure = made(part);
    erasure.status = static_cast<std::uint8_t>(ErasureStatus::erased);
    erasure.erased_at = fact.recorded_at();
    erasure.orders_under_way = orders_under_way;
    erasure.parked = false;
}

void apply_to_customer(Rows& rows, const Fact& fact, const customer_erasure::Event& event) {
    const CustomerId id = std::visit([](const auto& e) { return e.customer; }, event);
    if (!id.is_nil()) advance(rows.edit<read_models::CustomerRowT>(read_models::customer_key(id)), fact, event);
}

void apply_to_order(Rows& rows, const Fact& fact, const customer_erasure::Event& event) {
    const OrderId id = std::visit([](const auto& e) { return e.order; }, event);
    if (!id.is_nil()) advance(rows.edit<read_models::OrderRowT>(read_models::order_key(id)), fact, event);
}

}  // namespace granary::views
