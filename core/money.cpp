// Integer arithmetic on money; the currency table is ISO 4217's exponents for the currencies Granary accepts.
#include "core/money.hpp"

#include <array>

namespace granary {
namespace {

struct CurrencyRow {
    Currency currency;
    int exponent;
};

constexpr std::array<CurrencyRow, 24> currencies{{
    {currency("AUD"), 2}, {currency("BHD"), 3}, {currency("BRL"), 2}, {currency("CAD"), 2}, {currency("CHF"), 2}, {currency("CNY"), 2},
    {currency("CZK"), 2}, {currency("DKK"), 2}, {currency("EUR"), 2}, {currency("GBP"), 2}, {currency("HKD"), 2}, {currency("ILS"), 2},
    {currency("INR"), 2}, {currency("ISK"), 0}, {currency("JPY"), 0}, {currency("KRW"), 0}, {currency("KWD"), 3}, {currency("NOK"), 2},
    {currency("PLN"), 2}, {currency("SEK"), 2}, {currency("SGD"), 2}, {currency("TRY"), 2}, {currency("USD"), 2}, {currency("ZAR"), 2},
}};

const CurrencyRow* row_of(Currency wanted) {
    for (const auto& row : currencies) {
        if (row.currency == wanted) return &row;
    }
    return nullptr;
}

// Ten-thousandths in one minor unit.
std::int64_t minor_step(Currency of) {
    std::int64_t step = 10'000;
    for (int i = 0; i < minor_exponent(of); ++i) step /= 10;
    return step;
}

}  // namespace

std::optional<Currency> parse_currency(std::string_view text) {
    if (text.size() != 3) return std::nullopt;
    const char letters[4] = {text[0], text[1], text[2], 0};
    for (char c : text) {
        if (c < 'A' || c > 'Z') return std::nullopt;
    }
    const auto* row = row_of(currency(letters));
    if (row == nullptr) return std::nullopt;
    return row->currency;
}

std::string text_of(Currency value) {
    return {static_cast<char>(value.code >> 16 & 0xFF), static_cast<char>(value.code >> 8 & 0xFF), static_cast<char>(value.code & 0xFF)};
}

int minor_exponent(Currency value) {
    const auto* row = row_of(value);
    return row == nullptr ? 2 : row->exponent;
}

std::optional<Money> add(Money a, Money b) {
    Money sum{0, a.currency};
    if (a.currency != b.currency || __builtin_add_overflow(a.minor, b.minor, &sum.minor)) return std::nullopt;
    return sum;
}

std::optional<Amount> add(Amount a, Amount b) {
    Amount sum{0, a.currency};
    if (a.currency != b.currency || __builtin_add_overflow(a.ten_thousandths, b.ten_thousandths, &sum.ten_thousandths)) return std::nullopt;
    return sum;
}

std::optional<Amount> multiply(Amount price, std::int64_t quantity) {
    Amount product{0, price.currency};
    if (__builtin_mul_overflow(price.ten_thousandths, quantity, &product.ten_thousandths)) return std::nullopt;
    return product;
}

Money round_to_minor(Amount amount) {
    const std::int64_t step = minor_step(amount.currency);
    std::int64_t quotient = amount.ten_thousandths / step;
    const std::int64_t rest = amount.ten_thousandths % step;
    if (rest >= step - rest && rest > 0) ++quotient;
    if (-rest >= step + rest && rest < 0) --quotient;
    return {quotient, amount.currency};
}

std::optional<Amount> to_amount(Money money) { return multiply({minor_step(money.currency), money.currency}, money.minor); }

std::string decimal_text_of(Amount amount) {
    const bool negative = amount.ten_thousandths < 0;
    auto magnitude = static_cast<std::uint64_t>(amount.ten_thousandths);
    if (negative) magnitude = 0 - magnitude;
    std::string fraction = std::to_string(magnitude % 10'000);
    fraction.insert(0, 4 - fraction.size(), '0');
    const auto least = static_cast<std::size_t>(minor_exponent(amount.currency));
    while (fraction.size() > least && fraction.back() == '0') fraction.pop_back();
    std::string text = (negative ? "-" : "") + std::to_string(magnitude / 10'000);
    if (!fraction.empty()) text += "." + fraction;
    return text;
}

std::optional<std::int64_t> parse_ten_thousandths(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    const auto fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() || (point != std::string_view::npos && fraction.empty()) || fraction.size() > 4) return std::nullopt;
    std::string digits(whole);
    digits += fraction;
    digits.append(4 - fraction.size(), '0');
    std::int64_t value = 0;
    for (char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        if (__builtin_mul_overflow(value, std::int64_t{10}, &value) || __builtin_add_overflow(value, std::int64_t{c - '0'}, &value)) return std::nullopt;
    }
    return negative ? -value : value;
}

}  // namespace granary
