// Ids that a house makes from its counter: of events, and tracking numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace granary::house {

// `hp_evt_000000000000002a`
inline std::string event_id_of(std::string_view house, std::uint64_t number) {
    std::string id(house);
    id += "_evt_";
    for (int shift = 60; shift >= 0; shift -= 4) id.push_back("0123456789abcdef"[number >> shift & 0xF]);
    return id;
}

}  // namespace granary::house
