// Hexadecimal digits, lower case: bytes and numbers as text, and one digit back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace granary {

inline constexpr std::string_view hex_alphabet = "0123456789abcdef";

// Two digits.
inline void append_hex_byte(std::string& out, unsigned char byte) {
    out += hex_alphabet[byte >> 4];
    out += hex_alphabet[byte & 0xF];
}

// The most significant digit first, leading zeros included: as many digits as the type has.
template <class Unsigned>
void append_hex_number(std::string& out, Unsigned value) {
    for (int shift = 8 * static_cast<int>(sizeof(Unsigned)) - 4; shift >= 0; shift -= 4) out += hex_alphabet[value >> shift & 0xF];
}

inline std::string hex_of_bytes(std::string_view bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) append_hex_byte(text, static_cast<unsigned char>(c));
    return text;
}

// nullopt: not a digit, or one in upper case, which nothing here writes.
constexpr std::optional<std::uint8_t> hex_digit_of(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    return std::nullopt;
}

}  // namespace granary
