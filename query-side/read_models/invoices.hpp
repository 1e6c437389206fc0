// What a line of an imported invoice is, and what it amounts to: the definitions that every report shares.
#pragma once

#include <cstdint>
#include <string_view>

namespace granary::read_models {

enum class LineKind : std::uint8_t {
    sale,    // invoice number all digits, quantity > 0, price > 0
    cancel,  // invoice number begins with C
    adjust,  // invoice number begins with A
    zero,    // any other: free lines, lost and found goods
};
inline constexpr std::size_t line_kinds = 4;

// `sale`.
std::string_view name_of(LineKind kind);
LineKind line_kind(std::string_view invoice_number, std::int64_t quantity, std::int64_t unit_price);

// Products as pairs are looked for among: five digits, then letters only. Others are postage, fees and vouchers.
bool is_product_code(std::string_view stock_code);

}  // namespace granary::read_models
