// Stream names and routing keys: everything of one order shares the order's key, stock is spread by SKU.
#include "core/stream.hpp"

#include <algorithm>
#include <array>

namespace granary {
namespace {

constexpr std::array<std::pair<StreamKind, std::string_view>, 10> kinds{{
    {StreamKind::order, "order"},
    {StreamKind::payment, "payment"},
    {StreamKind::stock, "stock"},
    {StreamKind::shipment, "shipment"},
    {StreamKind::product, "product"},
    {StreamKind::customer, "customer"},
    {StreamKind::order_fulfilment, "order_fulfilment"},
    {StreamKind::invoice, "invoice"},
    {StreamKind::customer_erasure, "customer_erasure"},
    {StreamKind::access, "access"},
}};

// Of a kind whose name is its routing key.
StreamTarget two_part_stream(StreamKind kind, std::string_view first, std::string_view second) {
    std::string key(first);
    key += '/';
    key += second;
    return {{kind, key}, key};
}

}  // namespace

std::string_view name_of(StreamKind kind) {
    for (const auto& [value, name] : kinds) {
        if (value == kind) return name;
    }
    return "none";
}

std::optional<StreamKind> parse_stream_kind(std::string_view text) {
    for (const auto& [value, name] : kinds) {
        if (name == text) return value;
    }
    return std::nullopt;
}

StreamTarget order_stream(OrderId id) { return {{StreamKind::order, text_of(id)}, text_of(id)}; }
StreamTarget payment_stream(PaymentId id, OrderId order) { return {{StreamKind::payment, text_of(id)}, text_of(order)}; }
StreamTarget shipment_stream(ShipmentId id, OrderId order) { return {{StreamKind::shipment, text_of(id)}, text_of(order)}; }
StreamTarget order_fulfilment_stream(OrderId order) { return {{StreamKind::order_fulfilment, text_of(order)}, text_of(order)}; }
StreamTarget product_stream(const Sku& sku) { return {{StreamKind::product, std::string(sku.view())}, std::string(sku.view())}; }
StreamTarget customer_stream(CustomerId id) { return {{StreamKind::customer, text_of(id)}, text_of(id)}; }

StreamTarget stock_stream(const Sku& sku, const WarehouseCode& warehouse) {
    std::string key(warehouse.view());
    key += '/';
    key += sku.view();
    return {{StreamKind::stock, std::move(key)}, std::string(sku.view())};
}

StreamTarget customer_erasure_stream(CustomerId customer) { return {{StreamKind::customer_erasure, text_of(customer)}, text_of(customer)}; }
StreamTarget customer_erasure_stream(OrderId order) { return {{StreamKind::customer_erasure, text_of(order)}, text_of(order)}; }

StreamTarget invoice_stream(std::string_view source, std::string_view number) { return two_part_stream(StreamKind::invoice, source, number); }
StreamTarget access_stream(std::string_view principal, std::string_view day) { return two_part_stream(StreamKind::access, principal, day); }

bool is_valid_warehouse(std::string_view text) {
    return !text.empty() && text.size() <= WarehouseCode::capacity && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

}  // namespace granary
