// Big-endian numbers and zero-ended words, so that byte order is reading order.
#include "query-side/read_models/keys.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace granary::read_models {
namespace {

constexpr char place_tag = 'o';
constexpr char payment_tag = 'p';
constexpr char order_payment_tag = 'o';
constexpr char stock_tag = 's';
constexpr char warehouse_tag = 'w';
constexpr char sales_order_tag = 'o';
constexpr char access_tag = 'a';
constexpr char principal_tag = 'p';
constexpr std::size_t uuid_bytes = 16;

template <class Number>
void append_big_endian(std::string& out, Number value) {
    std::array<char, sizeof(Number)> bytes;
    for (std::size_t i = bytes.size(); i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xFF);
    out.append(bytes.data(), bytes.size());
}

std::uint64_t read_big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

std::optional<Uuid> last_uuid_of(std::string_view key, std::size_t key_bytes) {
    if (key.size() != key_bytes) return std::nullopt;
    return KeyReader(key.substr(key_bytes - uuid_bytes)).id();
}

}  // namespace

KeyWriter& KeyWriter::tag(char value) {
    key_ += value;
    return *this;
}

KeyWriter& KeyWriter::id(Uuid value) { return number(value.hi).number(value.lo); }

KeyWriter& KeyWriter::number(std::uint64_t value) {
    append_big_endian(key_, value);
    return *this;
}

KeyWriter& KeyWriter::small(std::uint32_t value) {
    append_big_endian(key_, value);
    return *this;
}

KeyWriter& KeyWriter::newest_first(Time value) { return number(~static_cast<std::uint64_t>(value.unix_us)); }

KeyWriter& KeyWriter::text(std::string_view value) {
    key_ += value;
    return *this;
}

KeyWriter& KeyWriter::word(std::string_view value) { return text(value).tag('\0'); }

std::string KeyWriter::take() { return std::move(key_); }

std::optional<Uuid> KeyReader::id() {
    const auto hi = number();
    const auto lo = number();
    if (!hi || !lo) return std::nullopt;
    return Uuid{*hi, *lo};
}

std::optional<std::uint64_t> KeyReader::number() {
    const auto bytes = text(8);
    if (!bytes) return std::nullopt;
    return read_big_endian(*bytes);
}

std::optional<std::uint32_t> KeyReader::small() {
    const auto bytes = text(4);
    if (!bytes) return std::nullopt;
    return static_cast<std::uint32_t>(read_big_endian(*bytes));
}

std::optional<Time> KeyReader::newest_first() {
    const auto falling = number();
    return falling ? std::optional(Time{static_cast<std::int64_t>(~*falling)}) : std::nullopt;
}

std::optional<std::string_view> KeyReader::text(std::size_t size) {
    if (rest_.size() < size) return std::nullopt;
    const auto value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
}

std::optional<std::string_view> KeyReader::word() {
    const auto end = rest_.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    const auto value = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return value;
}

bool KeyReader::skip(std::size_t size) { return text(size).has_value(); }

std::string end_of_prefix(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
    if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return end;
}

std::string order_key(OrderId id) { return KeyWriter().id(id.value).take(); }

std::string customer_order_prefix(CustomerId customer) { return KeyWriter().id(customer.value).take(); }

std::string customer_order_key(CustomerId customer, Time placed_at, OrderId id) {
    return KeyWriter().id(customer.value).newest_first(placed_at).id(id.value).take();
}

std::string status_order_prefix(OrderStatus status) {
    return KeyWriter().tag(status_tag).tag(static_cast<char>(status)).take();
}

std::string status_order_key(OrderStatus status, Time placed_at, OrderId id) {
    return KeyWriter().text(status_order_prefix(status)).newest_first(placed_at).id(id.value).take();
}

std::string order_place_key(OrderId id) { return KeyWriter().tag(place_tag).id(id.value).take(); }

std::optional<OrderId> order_of_list_key(std::string_view key) {
    const bool by_status = !key.empty() && key.size() == 2 + 8 + uuid_bytes && key[0] == status_tag;
    const auto value = last_uuid_of(key, by_status ? 2 + 8 + uuid_bytes : uuid_bytes + 8 + uuid_bytes);
    if (!value) return std::nullopt;
    return OrderId{*value};
}

std::string timeline_prefix(OrderId id) { return KeyWriter().id(id.value).take(); }

std::string timeline_key(OrderId id, std::int64_t offset, std::uint32_t index) {
    return KeyWriter().id(id.value).number(static_cast<std::uint64_t>(offset)).small(index).take();
}

std::optional<std::int64_t> timeline_offset(std::string_view place) {
    constexpr std::size_t place_bytes = 8 + 4;
    if (place.size() < place_bytes) return std::nullopt;
    const auto offset = KeyReader(place.substr(place.size() - place_bytes)).number();
    return offset ? std::optional(static_cast<std::int64_t>(*offset)) : std::nullopt;
}

std::string payment_key(PaymentId id) { return KeyWriter().tag(payment_tag).id(id.value).take(); }

std::string order_payment_prefix(OrderId order) { return KeyWriter().tag(order_payment_tag).id(order.value).take(); }

std::string order_payment_key(OrderId order, Time started_at, PaymentId id) {
    return KeyWriter()
        .text(order_payment_prefix(order))
        .number(static_cast<std::uint64_t>(started_at.unix_us))
        .id(id.value)
        .take();
}

std::optional<PaymentId> payment_of_list_key(std::string_view key) {
    const auto value = last_uuid_of(key, 1 + uuid_bytes + 8 + uuid_bytes);
    if (!value) return std::nullopt;
    return PaymentId{*value};
}

std::string stock_prefix(const Sku& sku) { return KeyWriter().tag(stock_tag).word(sku.view()).take(); }

std::string stock_key(const Sku& sku, const WarehouseCode& warehouse) {
    return KeyWriter().text(stock_prefix(sku)).text(warehouse.view()).take();
}

std::string warehouse_stock_prefix(const WarehouseCode& warehouse) {
    return KeyWriter().tag(warehouse_tag).word(warehouse.view()).take();
}

std::string warehouse_stock_key(const WarehouseCode& warehouse, const Sku& sku) {
    return KeyWriter().text(warehouse_stock_prefix(warehouse)).text(sku.view()).take();
}

std::string product_key(const Sku& sku) { return std::string(sku.view()); }

std::string customer_key(CustomerId id) { return KeyWriter().id(id.value).take(); }

std::string access_prefix() { return KeyWriter().tag(access_tag).take(); }

std::string access_prefix_of(std::string_view principal) { return KeyWriter().tag(principal_tag).word(principal).take(); }

std::string access_place(Time at, Position commit, std::uint32_t event, std::uint32_t access) {
    return KeyWriter().newest_first(at).small(commit.partition.number).number(static_cast<std::uint64_t>(commit.offset.number)).small(event).small(access).take();
}

std::string access_place_from(Time at) { return KeyWriter().newest_first(at).take(); }

std::string sales_order_key(OrderId id) { return KeyWriter().tag(sales_order_tag).id(id.value).take(); }

std::string sales_day_key(std::string_view day, std::uint32_t currency, std::uint32_t partition) {
    return KeyWriter().tag(sales_day_tag).text(day).small(currency).small(partition).take();
}

std::string sales_product_key(std::string_view day, const Sku& sku, std::uint32_t currency, std::uint32_t partition) {
    return KeyWriter().tag(sales_product_tag).text(day).word(sku.view()).small(currency).small(partition).take();
}

std::string invoice_key(std::string_view source, std::string_view number) { return KeyWriter().word(source).text(number).take(); }

}  // namespace granary::read_models
