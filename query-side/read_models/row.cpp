// Stamps, and which decoder reads which kind of row.
#include "query-side/read_models/row.hpp"

#include <cstdint>

namespace granary::read_models {
namespace {

void append_little_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = 0; shift < bytes * 8; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

std::uint64_t read_little_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

}  // namespace

std::string stamped(Position changed_at, std::string_view payload) {
    std::string value;
    value.reserve(stamp_bytes + payload.size());
    append_little_endian(value, changed_at.partition.number, 4);
    append_little_endian(value, 0, 4);
    append_little_endian(value, static_cast<std::uint64_t>(changed_at.offset.number), 8);
    value += payload;
    return value;
}

Result<StampedRow> parse_row(std::string_view value) {
    if (value.size() < stamp_bytes) return fault(FaultCode::corrupt, "a row of a view is shorter than its stamp");
    StampedRow row;
    row.changed_at.partition.number = static_cast<std::uint32_t>(read_little_endian(value.substr(0, 4)));
    row.changed_at.offset.number = static_cast<std::int64_t>(read_little_endian(value.substr(8, 8)));
    row.payload = value.substr(stamp_bytes);
    return row;
}

Result<EntryRow> decode(std::type_identity<EntryRow>, std::string_view payload) {
    if (!payload.empty()) return fault(FaultCode::corrupt, "an entry of a list holds bytes that it should not");
    return EntryRow{};
}
Result<OrderRowT> decode(std::type_identity<OrderRowT>, std::string_view payload) { return decode_order_row(payload); }
Result<OrderPlaceRowT> decode(std::type_identity<OrderPlaceRowT>, std::string_view payload) {
    return decode_order_place_row(payload);
}
Result<TimelineRowT> decode(std::type_identity<TimelineRowT>, std::string_view payload) {
    return decode_timeline_row(payload);
}
Result<PaymentRowT> decode(std::type_identity<PaymentRowT>, std::string_view payload) {
    return decode_payment_row(payload);
}
Result<StockRowT> decode(std::type_identity<StockRowT>, std::string_view payload) { return decode_stock_row(payload); }
Result<ProductRowT> decode(std::type_identity<ProductRowT>, std::string_view payload) {
    return decode_product_row(payload);
}
Result<CustomerRowT> decode(std::type_identity<CustomerRowT>, std::string_view payload) {
    return decode_customer_row(payload);
}
Result<SalesOrderRowT> decode(std::type_identity<SalesOrderRowT>, std::string_view payload) {
    return decode_sales_order_row(payload);
}
Result<SalesTotalsRowT> decode(std::type_identity<SalesTotalsRowT>, std::string_view payload) {
    return decode_sales_totals_row(payload);
}
Result<InvoiceRowT> decode(std::type_identity<InvoiceRowT>, std::string_view payload) {
    return decode_invoice_row(payload);
}
Result<AccessRowT> decode(std::type_identity<AccessRowT>, std::string_view payload) { return decode_access_row(payload); }

}  // namespace granary::read_models
