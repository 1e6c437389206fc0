// Which event came when, and the old forms of those that had one.
#include "schemas/format_levels.hpp"

#include <algorithm>

#include "schemas/inventory_tables.h"
#include "schemas/table_codec.hpp"
#include "schemas/upcasting.hpp"

namespace granary {
namespace {

constexpr EventKey stock_adjusted_v1{302, 1};
constexpr EventKey stock_adjusted_v2{302, 2};
// Kinds that came with the second level: invoices; erasures of customers, of buyers, and their sagas; accesses.
struct Kinds {
    std::uint16_t first, last;
};
constexpr Kinds of_level_2[] = {{109, 110}, {603, 604}, {800, 899}, {900, 999}, {1000, 1099}};

// One version down; nullopt for what is new altogether.
std::optional<WrittenEvent> downcast(const Event& event) {
    const auto* stock = std::get_if<inventory::Event>(&event);
    const auto* adjusted = stock != nullptr ? std::get_if<inventory::StockAdjustedT>(stock) : nullptr;
    if (adjusted != nullptr) return WrittenEvent{stock_adjusted_v1, write_table(inventory::downcast(*adjusted))};
    return std::nullopt;
}

}  // namespace

std::uint32_t level_of(EventKey key) {
    if (key == stock_adjusted_v2) return 2;
    if (std::ranges::any_of(of_level_2, [&](const Kinds& kinds) { return key.type >= kinds.first && key.type <= kinds.last; })) return 2;
    return 1;
}

std::optional<WrittenEvent> encode_event_at(const Event& event, std::uint32_t level) {
    const EventKey key = key_of(event);
    if (level_of(key) <= level) return WrittenEvent{key, encode_event(event)};
    auto older = downcast(event);
    if (!older || level_of(older->key) > level) return std::nullopt;
    return older;
}

Result<Event> as_read_at(const Event& event, std::uint32_t level) {
    if (level_of(key_of(event)) <= level) return event;
    const auto written = encode_event_at(event, level);
    if (!written) return fault(FaultCode::unavailable, std::string(name_of(event)) + " is written once every node can read it; see `granary log format`");
    return decode_event(written->key, written->payload);
}

}  // namespace granary
