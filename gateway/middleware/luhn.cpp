// Walks a document; what a card number looks like is core/card_number.hpp's matter.
#include "gateway/middleware/luhn.hpp"

#include "core/card_number.hpp"
#include "core/ids.hpp"
#include "core/mutants.hpp"

namespace granary::gateway {
namespace {

// `xyz_` and 32 hex digits.
bool is_own_id(std::string_view text) { return text.size() == 36 && text[3] == '_' && parse_hex_uuid(text.substr(4)).has_value(); }

CardNumberFound find_in_own(JsonNode node) {
    if (holds_card_number(node.name())) return {true, {}};
    if (node.kind() == JsonKind::string && holds_card_number(node.text())) return {true, node.pointer()};
    if (node.kind() == JsonKind::integer && holds_card_number(std::to_string(node.integer()))) return {true, node.pointer()};
    return {};
}

}  // namespace

bool holds_card_number(std::string_view text) { return !is_own_id(text) && contains_card_number(text); }

CardNumberFound find_card_number(JsonNode node) {
    if (!node || GRANARY_MUTANT(card_numbers_taken)) return {};
    if (auto own = find_in_own(node); own.found) return own;
    if (node.kind() != JsonKind::array && node.kind() != JsonKind::object) return {};
    for (JsonNode item = node.first(); item; item = item.next())
        if (auto below = find_card_number(item); below.found) return below;
    return {};
}

}  // namespace granary::gateway
