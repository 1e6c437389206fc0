// How persons and numbers stand in the entries of key stores: big-endian, so that they sort.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace granary {

inline constexpr std::size_t person_bytes = 16;
inline constexpr std::size_t number_bytes = 8;

inline std::string bytes_of_person(PersonId person) {
    const auto bytes = bytes_of(person.value);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string bytes_of_number(std::int64_t number) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xFF);
    return bytes;
}

// Of eight bytes.
inline std::int64_t number_of_bytes(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
}

}  // namespace granary
