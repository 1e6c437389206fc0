// Keeps card numbers out (PAY-7): finds digits that look like one in any text of a request.
#pragma once

#include <string>
#include <string_view>

#include "gateway/middleware/json_document.hpp"

namespace granary::gateway {

// contains_card_number of core/card_number.hpp, but a well-formed id of ours is no card number, whatever its digits.
bool holds_card_number(std::string_view text);

// Looks at all names, strings and numbers below the node. The first that holds a card number: its pointer, with a name
// that itself holds one left out; nothing when there is none.
struct CardNumberFound {
    bool found = false;
    std::string pointer;
};
CardNumberFound find_card_number(JsonNode node);

}  // namespace granary::gateway
