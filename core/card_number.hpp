// Recognises payment card numbers, so that none ever enters where a provider's token belongs.
#pragma once

#include <string_view>

namespace granary {

// True when the text holds a run of 13 to 19 digits, single spaces or hyphens between them allowed, that passes the Luhn
// check (ISO/IEC 7812-1) and stands by itself: a run that touches a letter or is longer belongs to some other number.
bool contains_card_number(std::string_view text);

}  // namespace granary
