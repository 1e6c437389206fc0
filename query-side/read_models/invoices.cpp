// The kinds of lines, decided in the order in which they are defined.
#include "query-side/read_models/invoices.hpp"

#include <algorithm>
#include <array>

namespace granary::read_models {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

}  // namespace

std::string_view name_of(LineKind kind) {
    constexpr std::array<std::string_view, line_kinds> names = {"sale", "cancel", "adjust", "zero"};
    return names[static_cast<std::size_t>(kind)];
}

LineKind line_kind(std::string_view invoice_number, std::int64_t quantity, std::int64_t unit_price) {
    if (invoice_number.starts_with('C')) return LineKind::cancel;
    if (invoice_number.starts_with('A')) return LineKind::adjust;
    const bool all_digits = !invoice_number.empty() && std::ranges::all_of(invoice_number, is_digit);
    return all_digits && quantity > 0 && unit_price > 0 ? LineKind::sale : LineKind::zero;
}

bool is_product_code(std::string_view stock_code) {
    constexpr std::size_t digits = 5;
    return stock_code.size() >= digits && std::ranges::all_of(stock_code.substr(0, digits), is_digit) && std::ranges::all_of(stock_code.substr(digits), is_letter);
}

}  // namespace granary::read_models
