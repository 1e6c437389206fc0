// Text forms of positions.
#include "core/position.hpp"

#include <charconv>
#include <limits>

namespace granary {
namespace {

template <class Integer>
bool parse_digits(std::string_view text, Integer& out) {
    if (text.empty() || text[0] < '0' || text[0] > '9') return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string text_of(Position position) { return std::to_string(position.partition.number) + ":" + std::to_string(position.offset.number); }

std::optional<Position> parse_position(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    Position position;
    if (!parse_digits(text.substr(0, colon), position.partition.number) || !parse_digits(text.substr(colon + 1), position.offset.number)) return std::nullopt;
    if (position.offset.number == std::numeric_limits<std::int64_t>::max()) return std::nullopt;  // nothing comes after it, and next() is asked for
    return position;
}

std::string text_of(const PositionVector& positions) {
    std::string text;
    for (std::size_t i = 0; i < positions.size(); ++i) {
        if (positions[i].number < 0) continue;
        if (!text.empty()) text += ',';
        text += text_of(Position{{static_cast<std::uint32_t>(i)}, positions[i]});
    }
    return text.empty() ? "-" : text;
}

}  // namespace granary
