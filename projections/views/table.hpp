// The views: one visible table of what is folded into what.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/stream_kinds.hpp"
#include "projections/views/access.hpp"
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
    // What a table that another version has left is good for while the new one is built beside it; 0: nothing but to be kept.
    std::uint32_t reads_from = 0;  // the oldest version whose rows this one reads, changes and serves, side by side with its own
    std::uint32_t keys_from = 0;   // the oldest version that has a row under exactly the same keys

    constexpr bool reads(std::uint32_t stored) const { return stored == version || (reads_from != 0 && reads_from <= stored && stored < version); }
    constexpr bool has_keys_of(std::uint32_t stored) const { return stored == version || (keys_from != 0 && keys_from <= stored && stored < version); }
};

inline constexpr std::array<View, 11> all{{
    // Version 2 shows what a parcel has reached even when its booking comes late, version 3 how far a buyer's erasure is: rows of
    // versions 1 and 2 are laid out alike, and nothing was erased before version 3.
    {"orders", 3, stream_kinds(StreamKind::order, StreamKind::payment, StreamKind::shipment, StreamKind::customer_erasure), apply_orders, 1, 1},
    {"customer_orders", 1, stream_kinds(StreamKind::order), apply_customer_orders},
    {"orders_by_status", 1, stream_kinds(StreamKind::order), apply_orders_by_status},
    // Version 2 has a row for each event, for histories; version 1 only for those that somebody is shown.
    {"order_timeline", 2,
     stream_kinds(StreamKind::order, StreamKind::payment, StreamKind::shipment, StreamKind::order_fulfilment, StreamKind::customer_erasure),
     apply_order_timeline},
    {"payments", 1, stream_kinds(StreamKind::payment), apply_payments},
    {"products", 1, stream_kinds(StreamKind::product), apply_products},
    {"stock", 1, stream_kinds(StreamKind::stock), apply_stock},
    // Version 2 remembers where personal data was given: from rows of version 1 an export would leave out what came before.
    {"customers", 2, stream_kinds(StreamKind::customer, StreamKind::customer_erasure), apply_customers, 0, 1},
    {"sales", 1, stream_kinds(StreamKind::order, StreamKind::payment), apply_sales},
    {"invoices", 1, stream_kinds(StreamKind::invoice), apply_invoices},
    {"access_log", 1, stream_kinds(StreamKind::access), apply_access_log},
}};

// The views of a build: those above, or a test's own.
using Table = std::span<const View>;

// Null when there is no such view.
constexpr const View* find(std::string_view name, Table table = all) {
    for (const auto& view : table) {
        if (view.name == name) return &view;
    }
    return nullptr;
}

}  // namespace granary::views
