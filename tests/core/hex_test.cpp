// Hexadecimal text: what is written, and what is read back.
#include "core/hex.hpp"

#include <doctest/doctest.h>

namespace granary {

TEST_CASE("hexadecimal: a byte has two digits, a number as many as its type has, leading zeros too") {
    std::string text;
    append_hex_byte(text, 0x0A);
    append_hex_number(text, std::uint32_t{0x1F});
    append_hex_number(text, std::uint64_t{0xFEDC'BA98'7654'3210});
    CHECK(text == "0a0000001ffedcba9876543210");
    CHECK(hex_of_bytes(std::string_view("\x00\x7F\xFF", 3)) == "007fff");
    CHECK(hex_of_bytes("").empty());
}

TEST_CASE("hexadecimal: a digit is read back, and only as it is written") {
    for (std::uint8_t value = 0; value < 16; ++value) CHECK(hex_digit_of(hex_alphabet[value]) == value);
    for (const char wrong : {'A', 'F', 'g', '/', ':', '`', ' ', '\0', '\xFF'}) CHECK_FALSE(hex_digit_of(wrong));
}

}  // namespace granary
