// Money without floating point: whole minor units for what is charged, ten-thousandths of a unit for prices and lines.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace granary {

// An ISO 4217 code of three upper-case letters, packed; zero means "none".
struct Currency {
    std::uint32_t code = 0;

    auto operator<=>(const Currency&) const = default;
};

constexpr Currency currency(const char (&letters)[4]) {
    return {static_cast<std::uint32_t>(letters[0]) << 16 | static_cast<std::uint32_t>(letters[1]) << 8 | static_cast<std::uint32_t>(letters[2])};
}
// Known currencies only (the table in money.cpp); nullopt for anything else.
std::optional<Currency> parse_currency(std::string_view text);
std::string text_of(Currency currency);
// Decimals of the minor unit: 2 for GBP, 0 for JPY, 3 for KWD. Unknown currencies have 2.
int minor_exponent(Currency currency);

// What is charged, in minor units (pence).
struct Money {
    std::int64_t minor = 0;
    Currency currency;

    auto operator<=>(const Money&) const = default;
};

// Ten-thousandths of the currency unit: unit prices, line amounts and reports (2.55 GBP is 25,500).
struct Amount {
    std::int64_t ten_thousandths = 0;
    Currency currency;

    auto operator<=>(const Amount&) const = default;
};

// Overflow and mixed currencies are nullopt, never wrapped.
std::optional<Money> add(Money a, Money b);
std::optional<Amount> add(Amount a, Amount b);
std::optional<Amount> multiply(Amount price, std::int64_t quantity);

// Rounds half away from zero to the minor unit, once, on what is charged.
Money round_to_minor(Amount amount);
// Exact: every minor unit is a whole number of ten-thousandths (exponent at most 4). nullopt on overflow.
std::optional<Amount> to_amount(Money money);

// `2.55`, `-0.1250`: at least the minor digits of the currency, at most four, no trailing zeros beyond the minor digits.
std::string decimal_text_of(Amount amount);
// Accepts `-?digits[.1 to 4 digits]`, no exponent, no sign plus, no spaces; nullopt otherwise or on overflow.
std::optional<std::int64_t> parse_ten_thousandths(std::string_view text);

}  // namespace granary
