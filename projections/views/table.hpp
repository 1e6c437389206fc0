// The views: one visible table of what is folded into what.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/stream_kinds.hpp"
#include "projections/views/catalog.hpp"
#include "projections/views/customers.hpp"
#include "projections/views/fact.hpp"
#include "projections/views/inventory.hpp"
#include "projections/views/invoices.hpp"
#include "projections/views/orders.hpp"
#include "projections/views/orders_lists.hpp"
#include "projections/views/orders_timeline.hpp"
#include "projections/views/payments.hpp"
#include "projections/views/rows.hpp"
#include "projections/views/sales.hpp"

namespace granary::views {

// Pure: rows and one event in, changed rows out. Events of one partition come in the log's order; a row is fed by one
// partition only, so partitions may come in any order.
using Apply = void (*)(Rows& rows, const Fact& fact);

struct View {
    std::string_view name;      // of its table in the store, and on the command line
    std::uint32_t version = 1;  // grows whenever the bytes of its rows change; the host then builds the view anew
    StreamKinds takes;
    Apply apply = nullptr;
};

inline constexpr std::array<View, 10> all{{
    {"orders", 2, stream_kinds(StreamKind::order, StreamKind::payment, StreamKind::shipment), apply_orders},
    {"customer_orders", 1, stream_kinds(StreamKind::order), apply_customer_orders},
    {"orders_by_status", 1, stream_kinds(StreamKind::order), apply_orders_by_status},
    {"order_timeline", 1,
     stream_kinds(StreamKind::order, StreamKind::payment, StreamKind::shipment, StreamKind::order_fulfilment),
     apply_order_timeline},
    {"payments", 1, stream_kinds(StreamKind::payment), apply_payments},
    {"products", 1, stream_kinds(StreamKind::product), apply_products},
    {"stock", 1, stream_kinds(StreamKind::stock), apply_stock},
    {"customers", 1, stream_kinds(StreamKind::customer), apply_customers},
    {"sales", 1, stream_kinds(StreamKind::order, StreamKind::payment), apply_sales},
    {"invoices", 1, stream_kinds(StreamKind::invoice), apply_invoices},
}};

// Null when there is no such view.
constexpr const View* find(std::string_view name) {
    for (const auto& view : all) {
        if (view.name == name) return &view;
    }
    return nullptr;
}

}  // namespace granary::views
