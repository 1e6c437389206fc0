// One pass over the text; each run of digits is judged where it ends.
#include "core/card_number.hpp"

#include <array>
#include <cstddef>

namespace granary {
namespace {

constexpr std::size_t digits_min = 13;
constexpr std::size_t digits_max = 19;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct Run {
    std::array<int, digits_max> digits{};
    std::size_t size = 0;  // goes on counting when the digits no longer fit
    std::size_t end = 0;   // just behind the last digit
};

Run read_run(std::string_view text, std::size_t at) {
    Run run;
    for (run.end = at; at < text.size(); ++at) {
        const bool separator = (text[at] == ' ' || text[at] == '-') && at + 1 < text.size() && is_digit(text[at + 1]);
        if (separator) continue;
        if (!is_digit(text[at])) break;
        if (run.size < digits_max) run.digits[run.size] = text[at] - '0';
        ++run.size;
        run.end = at + 1;
    }
    return run;
}

bool passes_luhn(const Run& run) {
    int sum = 0;
    for (std::size_t i = 0; i < run.size; ++i) {
        int digit = run.digits[run.size - 1 - i];
        if (i % 2 == 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

}  // namespace

bool contains_card_number(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        if (!is_digit(text[at])) {
            ++at;
            continue;
        }
        const Run run = read_run(text, at);
        const bool alone = (at == 0 || !is_letter(text[at - 1])) && (run.end == text.size() || !is_letter(text[run.end]));
        if (alone && run.size >= digits_min && run.size <= digits_max && passes_luhn(run)) return true;
        at = run.end;
    }
    return false;
}

}  // namespace granary
