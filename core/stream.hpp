// Names of aggregate streams, and the routing key that decides their partition.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/ids.hpp"
#include "core/names.hpp"

namespace granary {

// Stored in every commit: numbers never change.
enum class StreamKind : std::uint8_t { none = 0, order = 1, payment = 2, stock = 3, shipment = 4, product = 5, customer = 6, order_fulfilment = 7, invoice = 8, customer_erasure = 9, access = 10 };

// `order`, `stock`, ...: as `granary history KIND` takes it.
std::string_view name_of(StreamKind kind);
std::optional<StreamKind> parse_stream_kind(std::string_view text);

// Key is the text that people see: `ord_...`, a SKU, `WAREHOUSE/SKU` for stock, `SOURCE/NUMBER` for an invoice, `PRINCIPAL/DAY`
// for accesses; an erasure is named by its customer, or by the order of somebody who is none.
struct StreamId {
    StreamKind kind = StreamKind::none;
    std::string key;

    auto operator<=>(const StreamId&) const = default;
};

struct StreamTarget {
    StreamId stream;
    std::string routing_key;  // decides the partition: see core/routing.hpp
};

StreamTarget order_stream(OrderId id);
StreamTarget payment_stream(PaymentId id, OrderId order);
StreamTarget shipment_stream(ShipmentId id, OrderId order);
StreamTarget order_fulfilment_stream(OrderId order);
StreamTarget stock_stream(const Sku& sku, const WarehouseCode& warehouse);
StreamTarget product_stream(const Sku& sku);
StreamTarget customer_stream(CustomerId id);
StreamTarget invoice_stream(std::string_view source, std::string_view number);
StreamTarget customer_erasure_stream(CustomerId customer);
StreamTarget customer_erasure_stream(OrderId order);
StreamTarget access_stream(std::string_view principal, std::string_view day);

// Warehouse codes inside stream keys end at the first slash, so they may hold letters, digits, '-' and '_' only.
bool is_valid_warehouse(std::string_view text);

}  // namespace granary

template <>
struct std::hash<granary::StreamId> {
    std::size_t operator()(const granary::StreamId& id) const noexcept {
        return std::hash<std::string>{}(id.key) * 31 + static_cast<std::size_t>(id.kind);
    }
};
