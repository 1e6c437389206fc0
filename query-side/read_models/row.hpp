// What every row has in common: a stamp that says which event changed it last, then the payload of its own kind.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "core/position.hpp"
#include "core/result.hpp"
#include "query-side/read_models/rows_messages.hpp"

namespace granary::read_models {

// partition (4) · zero (4) · offset (8), little-endian; the payload behind it stays aligned.
inline constexpr std::size_t stamp_bytes = 16;

struct StampedRow {
    Position changed_at;
    std::string_view payload;  // points into the value
};

std::string stamped(Position changed_at, std::string_view payload);
// corrupt: too short.
Result<StampedRow> parse_row(std::string_view value);

// The row of an entry whose key says it all.
struct EntryRow {};

// The payload of each kind of row. Rows with JSON in them are rendered by `render` (the context's file) before.
inline std::string encode(const EntryRow&) { return {}; }
Result<EntryRow> decode(std::type_identity<EntryRow>, std::string_view payload);
Result<OrderRowT> decode(std::type_identity<OrderRowT>, std::string_view payload);
Result<OrderPlaceRowT> decode(std::type_identity<OrderPlaceRowT>, std::string_view payload);
Result<TimelineRowT> decode(std::type_identity<TimelineRowT>, std::string_view payload);
Result<PaymentRowT> decode(std::type_identity<PaymentRowT>, std::string_view payload);
Result<StockRowT> decode(std::type_identity<StockRowT>, std::string_view payload);
Result<ProductRowT> decode(std::type_identity<ProductRowT>, std::string_view payload);
Result<CustomerRowT> decode(std::type_identity<CustomerRowT>, std::string_view payload);
Result<SalesOrderRowT> decode(std::type_identity<SalesOrderRowT>, std::string_view payload);
Result<SalesTotalsRowT> decode(std::type_identity<SalesTotalsRowT>, std::string_view payload);
Result<InvoiceRowT> decode(std::type_identity<InvoiceRowT>, std::string_view payload);
Result<AccessRowT> decode(std::type_identity<AccessRowT>, std::string_view payload);

// What a stored value holds: its stamp and its decoded row.
template <class Row>
struct StoredRow {
    Position changed_at;
    Row row;
};

template <class Row>
Result<StoredRow<Row>> read_row(std::string_view value) {
    auto parsed = parse_row(value);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    auto row = decode(std::type_identity<Row>{}, parsed->payload);
    if (!row) return std::unexpected(std::move(row.error()));
    return StoredRow<Row>{parsed->changed_at, std::move(*row)};
}

}  // namespace granary::read_models
