// Adds what an order contributes after an event and takes off what it contributed before it.
#include "projections/views/sales.hpp"

#include <map>
#include <memory>
#include <string_view>

#include "query-side/read_models/keys.hpp"

namespace granary::views {
namespace {

using read_models::SalesOrderRowT;
using read_models::SalesTotalsRowT;

// Sums wrap around instead of overflowing, so that taking off what was added always leads back.
void shift(std::int64_t& sum, std::int64_t by, std::int64_t sign) {
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) +
                                    static_cast<std::uint64_t>(by) * static_cast<std::uint64_t>(sign));
}

bool counts(const SalesOrderRowT& order) {
    const bool refunded_in_full = order.refunded > 0 && order.refunded >= order.total;
    return order.paid && !order.ended && !refunded_in_full;
}

class Books {
  public:
    Books(Rows& rows, const Fact& fact) : rows_(rows), partition_(fact.position.partition.number) {}

    // sign 1 adds the order's share, -1 takes it off; `refunded` is the part of it that was refunded.
    void post(const SalesOrderRowT& order, std::int64_t refunded, std::int64_t sign) {
        SalesTotalsRowT day;
        day.orders = 1;
        day.refunded = refunded;
        for (const auto& line : order.lines) {
            SalesTotalsRowT product;
            product.orders = 1;
            product.units = line->units;
            product.gross = line->gross;
            shift(day.units, line->units, 1);
            shift(day.gross, line->gross, 1);
            add(read_models::sales_product_key(order.day, line->sku, order.currency, partition_), product, sign);
        }
        add(read_models::sales_day_key(order.day, order.currency, partition_), day, sign);
    }
    void post_refund(const SalesOrderRowT& order, std::int64_t refunded) {
        SalesTotalsRowT day;
        day.refunded = refunded;
        add(read_models::sales_day_key(order.day, order.currency, partition_), day, 1);
    }

  private:
    // A share of nothing is no row.
    void add(const std::string& key, const SalesTotalsRowT& share, std::int64_t sign) {
        auto& totals = rows_.make<SalesTotalsRowT>(key);
        shift(totals.orders, share.orders, sign);
        shift(totals.units, share.units, sign);
        shift(totals.gross, share.gross, sign);
        shift(totals.refunded, share.refunded, sign);
        if (totals.orders == 0 && totals.units == 0 && totals.gross == 0 && totals.refunded == 0) rows_.remove(key);
    }

    Rows& rows_;
    std::uint32_t partition_;
};

// Runs `change` on the order, then posts the difference.
template <class Change>
void change_order(Rows& rows, const Fact& fact, OrderId id, Change change) {
    auto* order = rows.edit<SalesOrderRowT>(read_models::sales_order_key(id));
    if (order == nullptr) return;
    const bool counted = counts(*order);
    const std::int64_t refunded = order->refunded;
    change(*order);
    const bool counts_now = counts(*order);
    Books books(rows, fact);
    if (counted && !counts_now) books.post(*order, refunded, -1);
    if (!counted && counts_now) books.post(*order, order->refunded, 1);
    if (counted && counts_now && order->refunded != refunded) books.post_refund(*order, order->refunded - refunded);
}

std::int64_t ten_thousandths_of(Money money) { return to_amount(money).value_or(Amount{}).ten_thousandths; }

void enter(Rows& rows, const Fact& fact, const orders::OrderPlacedT& event) {
    SalesOrderRowT order;
    order.day = date_of(fact.occurred_at);
    order.currency = event.total.currency.code;
    order.total = ten_thousandths_of(event.total);
    std::map<std::string_view, read_models::SalesLineT> by_sku;
    for (const auto& line : event.lines) {
        auto& sum = by_sku[line->sku.view()];
        sum.sku = line->sku;
        shift(sum.units, line->quantity, 1);
        shift(sum.gross, line->amount.ten_thousandths, 1);
    }
    for (const auto& [sku, sum] : by_sku) order.lines.push_back(std::make_unique<read_models::SalesLineT>(sum));
    rows.replace(read_models::sales_order_key(event.order_id), std::move(order));
}

struct Fold {
    Rows& rows;
    const Fact& fact;

    void end(OrderId id) const {
        change_order(rows, fact, id, [](SalesOrderRowT& order) { order.ended = true; });
    }

    void operator()(const orders::OrderPlacedT& event) const { enter(rows, fact, event); }
    void operator()(const orders::PaymentSubmittedT&) const {}
    void operator()(const orders::OrderPaidT& event) const {
        change_order(rows, fact, event.order_id, [](SalesOrderRowT& order) { order.paid = true; });
    }
    void operator()(const orders::OrderPackedT&) const {}
    void operator()(const orders::OrderShippedT&) const {}
    void operator()(const orders::OrderDeliveredT&) const {}
    void operator()(const orders::OrderCancelledT& event) const { end(event.order_id); }
    void operator()(const orders::OrderFailedT& event) const { end(event.order_id); }
    void operator()(const orders::BuyerErasureRequestedT&) const {}
    void operator()(const orders::BuyerErasedT&) const {}
};

}  // namespace

void apply_sales(Rows& rows, const Fact& fact) {
    if (const auto* order = std::get_if<orders::Event>(&fact.event)) return std::visit(Fold{rows, fact}, *order);
    const auto* payment = std::get_if<payments::Event>(&fact.event);
    const auto* refund = payment == nullptr ? nullptr : std::get_if<payments::PaymentRefundedT>(payment);
    if (refund == nullptr) return;
    const std::int64_t amount = ten_thousandths_of(refund->amount);
    change_order(rows, fact, refund->order_id, [&](SalesOrderRowT& order) { shift(order.refunded, amount, 1); });
}

}  // namespace granary::views
