// `cnryQ7x9P030012` is personal data of the principal 3; `453995780300012` and a check digit a card number that it sent.
#include "tests/simulation/marked_text.hpp"

#include <cstdio>

#include "core/check.hpp"

namespace granary::simulation {
namespace {

constexpr std::string_view sign = "cnryQ7x9";
constexpr std::string_view card_sign = "453995780";

std::string digits(std::uint32_t value, int width) {
    char text[16];
    std::snprintf(text, sizeof text, "%0*u", width, value);
    return text;
}

// The digit that makes a number pass Luhn's check, behind the others.
char check_digit(std::string_view number) {
    int sum = 0;
    for (std::size_t i = 0; i < number.size(); ++i) {
        int digit = number[number.size() - 1 - i] - '0';
        if (i % 2 == 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::uint32_t number_of(std::string_view text) {
    std::uint32_t value = 0;
    for (const char c : text) value = value * 10 + static_cast<std::uint32_t>(c - '0');
    return value;
}

}  // namespace

std::string marked(Secret secret, std::uint32_t owner, std::uint32_t serial) {
    GRANARY_CHECK(owner < 100);
    return std::string(sign) + static_cast<char>(secret) + digits(owner, 2) + digits(serial % 10'000, 4);
}

std::string marked_card_number(std::uint32_t owner, std::uint32_t serial) {
    std::string number = std::string(card_sign) + digits(owner, 2) + digits(serial % 10'000, 4);
    number += check_digit(number);
    return number;
}

void find_marks(std::string_view bytes, const std::function<void(MarkedText, std::size_t)>& found) {
    for (auto at = bytes.find(sign); at != std::string_view::npos; at = bytes.find(sign, at + 1)) {
        if (at + sign.size() + 3 <= bytes.size()) found({static_cast<Secret>(bytes[at + sign.size()]), number_of(bytes.substr(at + sign.size() + 1, 2))}, at);
    }
    for (auto at = bytes.find(card_sign); at != std::string_view::npos; at = bytes.find(card_sign, at + 1)) {
        if (at + card_sign.size() + 2 <= bytes.size()) found({Secret::card_number, number_of(bytes.substr(at + card_sign.size(), 2))}, at);
    }
}

}  // namespace granary::simulation
