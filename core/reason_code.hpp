// Tells a reason that is a code of another system from free text, which might repeat a token, a name or a card number.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace granary {

inline constexpr std::size_t reason_code_bytes_max = 64;

// `card_declined`, `address.unknown`: 1 to 64 small letters, digits, '_', '-' or '.', beginning with a letter.
constexpr bool is_reason_code(std::string_view text) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'; };
    return !text.empty() && text.size() <= reason_code_bytes_max && is_letter(text.front()) && std::ranges::all_of(text, fits);
}

}  // namespace granary
