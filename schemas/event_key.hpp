// What identifies an event's payload on disk.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace granary {

struct EventKey {
    std::uint16_t type = 0;
    std::uint8_t version = 0;

    auto operator<=>(const EventKey&) const = default;
};

struct EventInfo {
    EventKey key;
    std::string_view name;  // snake case, of the newest version
};

}  // namespace granary
