// Text and byte forms of 128-bit ids.
#include "core/ids.hpp"

#include "core/hex.hpp"

namespace granary {
namespace {

std::optional<std::uint64_t> parse_hex64(std::string_view text) {
    std::uint64_t value = 0;
    for (char c : text) {
        const auto digit = hex_digit_of(c);
        if (!digit) return std::nullopt;
        value = value << 4 | *digit;
    }
    return value;
}

Uuid with_version(Uuid bits, std::uint64_t version) {
    bits.hi = (bits.hi & ~0xF000ULL) | version << 12;
    bits.lo = (bits.lo & 0x3FFF'FFFF'FFFF'FFFFULL) | 0x8000'0000'0000'0000ULL;
    return bits;
}

}  // namespace

std::array<unsigned char, 16> bytes_of(Uuid value) {
    std::array<unsigned char, 16> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<unsigned char>(value.hi >> (56 - 8 * i));
        bytes[8 + i] = static_cast<unsigned char>(value.lo >> (56 - 8 * i));
    }
    return bytes;
}

Uuid uuid_of(const std::array<unsigned char, 16>& bytes) {
    Uuid value;
    for (std::size_t i = 0; i < 8; ++i) {
        value.hi = value.hi << 8 | bytes[i];
        value.lo = value.lo << 8 | bytes[8 + i];
    }
    return value;
}

std::string hex_of(Uuid value) {
    std::string text;
    text.reserve(32);
    append_hex_number(text, value.hi);
    append_hex_number(text, value.lo);
    return text;
}

std::optional<Uuid> parse_hex_uuid(std::string_view text) {
    if (text.size() != 32) return std::nullopt;
    const auto hi = parse_hex64(text.substr(0, 16));
    const auto lo = parse_hex64(text.substr(16));
    if (!hi || !lo) return std::nullopt;
    return Uuid{*hi, *lo};
}

Uuid uuid_v7(std::int64_t unix_time_us, Uuid random) {
    const auto milliseconds = static_cast<std::uint64_t>(unix_time_us / 1000) & 0xFFFF'FFFF'FFFFULL;
    return with_version(Uuid{milliseconds << 16 | (random.hi & 0xFFFF), random.lo}, 7);
}

Uuid uuid_v8(Uuid bits) { return with_version(bits, 8); }

}  // namespace granary
