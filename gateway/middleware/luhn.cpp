// ISO/IEC 7812-1, annex B.
#include "gateway/middleware/luhn.hpp"

#include <algorithm>

#include "core/ids.hpp"

namespace granary::gateway {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool passes_luhn(std::string_view digits) {
    int sum = 0;
    bool doubled = false;
    for (auto at = digits.rbegin(); at != digits.rend(); ++at, doubled = !doubled) {
        int value = *at - '0';
        if (doubled) value = value > 4 ? value * 2 - 9 : value * 2;
        sum += value;
    }
    return sum % 10 == 0;
}

bool is_card_number(std::string_view digits) { return digits.size() >= 13 && digits.size() <= 19 && passes_luhn(digits); }

// `xyz_` and 32 hex digits.
bool is_own_id(std::string_view text) { return text.size() == 36 && text[3] == '_' && parse_hex_uuid(text.substr(4)).has_value(); }

CardNumberFound find_in_own(JsonNode node) {
    if (holds_card_number(node.name())) return {true, {}};
    if (node.kind() == JsonKind::string && holds_card_number(node.text())) return {true, node.pointer()};
    if (node.kind() == JsonKind::integer && holds_card_number(std::to_string(node.integer()))) return {true, node.pointer()};
    return {};
}

}  // namespace

bool holds_card_number(std::string_view text) {
    if (text.size() < 13 || is_own_id(text)) return false;
    std::string run;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_digit(text[i])) {
            run += text[i];
            continue;
        }
        const bool joins = (text[i] == ' ' || text[i] == '-') && !run.empty() && i + 1 < text.size() && is_digit(text[i + 1]);
        if (joins) continue;
        if (is_card_number(run)) return true;
        run.clear();
    }
    return is_card_number(run);
}

CardNumberFound find_card_number(JsonNode node) {
    if (!node) return {};
    if (auto own = find_in_own(node); own.found) return own;
    if (node.kind() != JsonKind::array && node.kind() != JsonKind::object) return {};
    for (JsonNode item = node.first(); item; item = item.next())
        if (auto below = find_card_number(item); below.found) return below;
    return {};
}

}  // namespace granary::gateway
