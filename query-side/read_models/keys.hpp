// How keys of view tables are put together: bytes that sort the way the lists are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/names.hpp"
#include "core/position.hpp"
#include "core/time.hpp"
#include "query-side/read_models/order_status.hpp"

namespace granary::read_models {

// Appends the parts of a key and, in the same order, reads them back.
class KeyWriter {
  public:
    KeyWriter& tag(char value);
    KeyWriter& id(Uuid value);                 // 16 bytes
    KeyWriter& number(std::uint64_t value);    // 8 bytes, big-endian
    KeyWriter& small(std::uint32_t value);     // 4 bytes, big-endian
    KeyWriter& newest_first(Time value);       // 8 bytes that fall as the time grows
    KeyWriter& text(std::string_view value);   // up to the key's end, or fixed in size by its kind
    KeyWriter& word(std::string_view value);   // printable ASCII and a zero byte, so that no word is a prefix of another
    std::string take();

  private:
    std::string key_;
};

class KeyReader {
  public:
    explicit KeyReader(std::string_view key) : rest_(key) {}

    std::optional<Uuid> id();
    std::optional<std::uint64_t> number();
    std::optional<std::uint32_t> small();
    std::optional<Time> newest_first();
    std::optional<std::string_view> text(std::size_t size);
    std::optional<std::string_view> word();
    bool skip(std::size_t size);
    std::string_view rest() const { return rest_; }

  private:
    std::string_view rest_;
};

// The first key behind all that start with `prefix`; empty (the table's end) when there is none.
std::string end_of_prefix(std::string_view prefix);

// `orders`: the page of one order.
std::string order_key(OrderId id);
// `customer_orders`: one entry per order, newest first; the row is empty.
std::string customer_order_prefix(CustomerId customer);
std::string customer_order_key(CustomerId customer, Time placed_at, OrderId id);
// `orders_by_status`: one entry per order, newest first, the row empty; and where each order stands (OrderPlaceRow).
std::string status_order_prefix(OrderStatus status);
std::string status_order_key(OrderStatus status, Time placed_at, OrderId id);
std::string order_place_key(OrderId id);
// Both lists' keys end in the order's id. nullopt: no such key.
std::optional<OrderId> order_of_list_key(std::string_view key);
// `order_timeline`: in the order of the log.
std::string timeline_prefix(OrderId id);
std::string timeline_key(OrderId id, std::int64_t offset, std::uint32_t index);
// The offset in a timeline key, or in what comes behind its prefix. nullopt: no such key.
std::optional<std::int64_t> timeline_offset(std::string_view place);
// `payments`: one row per payment, and entries by order, oldest first.
std::string payment_key(PaymentId id);
std::string order_payment_prefix(OrderId order);
std::string order_payment_key(OrderId order, Time started_at, PaymentId id);
std::optional<PaymentId> payment_of_list_key(std::string_view key);
// `stock`: rows by SKU and warehouse, and entries by warehouse and SKU.
std::string stock_prefix(const Sku& sku);
std::string stock_key(const Sku& sku, const WarehouseCode& warehouse);
std::string warehouse_stock_prefix(const WarehouseCode& warehouse);
std::string warehouse_stock_key(const WarehouseCode& warehouse, const Sku& sku);
// `products`, `customers`.
std::string product_key(const Sku& sku);
std::string customer_key(CustomerId id);
// `access_log`: each access twice, newest first: among all, and among those of its principal.
std::string access_prefix();
std::string access_prefix_of(std::string_view principal);
// What comes behind the prefix: of an access, and the first of all that are not after this time.
std::string access_place(Time at, Position commit, std::uint32_t event, std::uint32_t access);
std::string access_place_from(Time at);
// `sales`: what is known of each order, and one partition's share of a day and of a product's day.
std::string sales_order_key(OrderId id);
std::string sales_day_key(std::string_view day, std::uint32_t currency, std::uint32_t partition);
std::string sales_product_key(std::string_view day, const Sku& sku, std::uint32_t currency, std::uint32_t partition);
// `invoices`: by source, then number.
std::string invoice_key(std::string_view source, std::string_view number);

inline constexpr char status_tag = 's';  // begins the keys of orders_by_status that are the list
inline constexpr char sales_day_tag = 'd';
inline constexpr char sales_product_tag = 'p';
inline constexpr std::size_t day_bytes = 10;  // 2010-12-01

}  // namespace granary::read_models
