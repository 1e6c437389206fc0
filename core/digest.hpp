// SHA-256, plain and keyed (HMAC): pure functions over bytes.
#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace granary {

struct Digest {
    std::array<unsigned char, 32> bytes{};

    auto operator<=>(const Digest&) const = default;
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

// Keeps a hashing context per thread, so a short message costs about half a microsecond.
Digest sha256(std::string_view bytes);
// RFC 2104 with SHA-256.
Digest hmac_sha256(std::string_view key, std::string_view bytes);
// Compares in constant time.
bool equal_secrets(std::string_view a, std::string_view b);

std::string hex_of(const Digest& digest);
// The first 128 bits as a version 8 UUID: how ids are derived from a keyed hash.
Uuid uuid_from(const Digest& digest);

}  // namespace granary
