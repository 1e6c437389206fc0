// Ids that a house gives its events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/hex.hpp"
#include "core/time.hpp"

namespace granary::house {

// `hp_evt_000000000000002a_00063f4b1c2d3e4f`: the book's count and the event's own time. The time is there because a house that
// lost its book counts from one again: the same id for another event would be refused as a key that was used before.
inline std::string event_id_of(std::string_view house, std::uint64_t number, Time happened_at) {
    std::string id(house);
    id += "_evt";
    for (const std::uint64_t part : {number, static_cast<std::uint64_t>(happened_at.unix_us)}) {
        id.push_back('_');
        append_hex_number(id, part);
    }
    return id;
}

}  // namespace granary::house
