// Texts that clients put where something personal or secret belongs: each can be told wherever it turns up again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace granary::simulation {

enum class Secret : char { personal = 'P', payment_token = 'T', api_key = 'K', card_number = 'C' };

// Whose it is and what. Letters and digits only, so that no escape hides it. A card number is digits alone.
struct MarkedText {
    Secret secret = Secret::personal;
    std::uint32_t owner = 0;  // Principal::number
};
// `serial`: another number gives another text, below 10,000.
std::string marked(Secret secret, std::uint32_t owner, std::uint32_t serial);
// A number that passes for that of a card.
std::string marked_card_number(std::uint32_t owner, std::uint32_t serial);
// Calls `found` for each mark in the bytes, with the place where it begins.
void find_marks(std::string_view bytes, const std::function<void(MarkedText, std::size_t)>& found);

}  // namespace granary::simulation
