// Money is exact until it is rounded, once, and never wraps.
#include "core/money.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <limits>

using namespace granary;

namespace {

constexpr Currency gbp = currency("GBP");
constexpr Currency jpy = currency("JPY");
constexpr Currency kwd = currency("KWD");
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("currencies are known by their letters, with their own number of decimals") {
    CHECK(parse_currency("GBP") == gbp);
    CHECK(text_of(gbp) == "GBP");
    CHECK(minor_exponent(gbp) == 2);
    CHECK(minor_exponent(jpy) == 0);
    CHECK(minor_exponent(kwd) == 3);
    for (const char* wrong : {"", "GB", "gbp", "GBPX", "QQQ", "G\xC2P"}) CHECK_FALSE(parse_currency(wrong));
}

TEST_CASE("rounding goes to the nearest minor unit, half away from zero") {
    CHECK(round_to_minor({25'500, gbp}) == Money{255, gbp});
    CHECK(round_to_minor({25'549, gbp}) == Money{255, gbp});
    CHECK(round_to_minor({25'550, gbp}) == Money{256, gbp});
    CHECK(round_to_minor({-25'549, gbp}) == Money{-255, gbp});
    CHECK(round_to_minor({-25'550, gbp}) == Money{-256, gbp});
    CHECK(round_to_minor({49, gbp}) == Money{0, gbp});
    CHECK(round_to_minor({50, gbp}) == Money{1, gbp});
    CHECK(round_to_minor({14'999, jpy}) == Money{1, jpy});
    CHECK(round_to_minor({15'000, jpy}) == Money{2, jpy});
    CHECK(round_to_minor({14, kwd}) == Money{1, kwd});
    CHECK(round_to_minor({15, kwd}) == Money{2, kwd});
    CHECK(round_to_minor({most, gbp}).minor == most / 100);
    CHECK(round_to_minor({least, gbp}).minor == least / 100);
}

TEST_CASE("rounding errs by half a minor unit at most, and undoes what minor units became") {
    const bool held = rc::check("rounding", [](std::int64_t value) {
        const Amount amount{value % 1'000'000'000'000'000, gbp};
        const auto back = to_amount(round_to_minor(amount));
        RC_ASSERT(back.has_value());
        const std::int64_t error = back->ten_thousandths - amount.ten_thousandths;
        RC_ASSERT(error <= 50);
        RC_ASSERT(error >= -50);
        RC_ASSERT(round_to_minor(*back) == round_to_minor(amount));
        RC_ASSERT(round_to_minor({-amount.ten_thousandths, gbp}).minor == -round_to_minor(amount).minor);
    });
    CHECK(held);
}

TEST_CASE("sums and products that don't fit, or mix currencies, are nothing") {
    CHECK(add(Money{1, gbp}, Money{2, gbp}) == Money{3, gbp});
    CHECK_FALSE(add(Money{most, gbp}, Money{1, gbp}));
    CHECK_FALSE(add(Money{1, gbp}, Money{1, jpy}));
    CHECK_FALSE(add(Amount{least, gbp}, Amount{-1, gbp}));
    CHECK_FALSE(add(Amount{1, gbp}, Amount{1, jpy}));
    CHECK(multiply(Amount{25'500, gbp}, 6) == Amount{153'000, gbp});
    CHECK_FALSE(multiply(Amount{most / 2 + 1, gbp}, 2));
    CHECK_FALSE(multiply(Amount{least, gbp}, -1));
    CHECK_FALSE(to_amount(Money{most / 10, gbp}));
    const bool held = rc::check("checked arithmetic agrees with wide arithmetic", [](std::int64_t a, std::int64_t b) {
        const __int128_t sum = static_cast<__int128_t>(a) + b;
        const __int128_t product = static_cast<__int128_t>(a) * b;
        const auto fits = [](__int128_t wide) { return wide <= most && wide >= least; };
        const auto added = add(Amount{a, gbp}, Amount{b, gbp});
        RC_ASSERT(added.has_value() == fits(sum));
        if (added) RC_ASSERT(added->ten_thousandths == static_cast<std::int64_t>(sum));
        const auto multiplied = multiply(Amount{a, gbp}, b);
        RC_ASSERT(multiplied.has_value() == fits(product));
        if (multiplied) RC_ASSERT(multiplied->ten_thousandths == static_cast<std::int64_t>(product));
    });
    CHECK(held);
}

TEST_CASE("decimal text has the currency's digits at least, and four at most") {
    CHECK(decimal_text_of({25'500, gbp}) == "2.55");
    CHECK(decimal_text_of({25'000, gbp}) == "2.50");
    CHECK(decimal_text_of({20'000, gbp}) == "2.00");
    CHECK(decimal_text_of({25'505, gbp}) == "2.5505");
    CHECK(decimal_text_of({-1'250, gbp}) == "-0.125");
    CHECK(decimal_text_of({0, gbp}) == "0.00");
    CHECK(decimal_text_of({20'000, jpy}) == "2");
    CHECK(decimal_text_of({25'000, jpy}) == "2.5");
    CHECK(decimal_text_of({20'000, kwd}) == "2.000");
    CHECK(decimal_text_of({least, gbp}) == "-922337203685477.5808");
}

TEST_CASE("only plain decimals are parsed") {
    CHECK(parse_ten_thousandths("2.55") == 25'500);
    CHECK(parse_ten_thousandths("-0.125") == -1'250);
    CHECK(parse_ten_thousandths("007") == 70'000);
    CHECK(parse_ten_thousandths("922337203685477.5807") == most);
    for (const char* wrong : {"", "-", ".5", "5.", "1.23456", "+1", " 1", "1 ", "1e3", "1,5", "0x1", "--1", "1.-5", "922337203685477.5808", "99999999999999999999"}) {
        CHECK_FALSE(parse_ten_thousandths(wrong));
    }
    const bool held = rc::check("text and back", [](std::int64_t value) {
        RC_PRE(value != least);
        RC_ASSERT(parse_ten_thousandths(decimal_text_of({value, gbp})) == value);
    });
    CHECK(held);
}
