// Character classes and the chunk state machine, without locale or look-back.
#include "core/http1.hpp"

#include <algorithm>
#include <array>

namespace granary::http1 {
namespace {

constexpr std::array<bool, 256> table_of(std::string_view marks) {
    std::array<bool, 256> table{};
    for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (const char c : marks) table[static_cast<unsigned char>(c)] = true;
    return table;
}
constexpr auto token_chars = table_of("!#$%&'*+-.^_`|~");
constexpr auto target_chars = table_of("-._~!$&'()*+,;=:@/?%");

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trim(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Bytes of the sequence that starts `text`, 0 when it is malformed. The bounds of the second byte exclude overlong
// forms, surrogates and everything above U+10FFFF (Unicode 15, table 3-7).
std::size_t utf8_sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    return length;
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return token_chars[static_cast<unsigned char>(c)]; });
}

bool is_target_text(std::string_view target) {
    return std::ranges::all_of(target, [](char c) { return target_chars[static_cast<unsigned char>(c)]; });
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

bool is_field_value(std::string_view text) {
    bool ascii = true;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && byte != '\t') || byte == 0x7F) return false;
        ascii = ascii && byte < 0x80;
    }
    return ascii || is_utf8(text);
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
    if (text.empty() || text.size() > 18) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

std::optional<FieldLine> parse_field_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const FieldLine field{line.substr(0, colon), trim(line.substr(colon + 1))};
    if (!is_token(field.name) || !is_field_value(field.value)) return std::nullopt;
    return field;
}

bool list_has(std::string_view list, std::string_view member) {
    while (true) {
        const std::size_t comma = list.find(',');
        if (equal_ignoring_case(trim(list.substr(0, comma)), member)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

ChunkOutcome ChunkDecoder::feed(std::string_view& bytes, std::string& body) {
    while (!bytes.empty()) {
        if (state_ == State::data) {
            const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
            body.append(bytes.substr(0, taken));
            bytes.remove_prefix(taken);
            left_ -= taken;
            if (left_ == 0) state_ = State::data_cr;
            continue;
        }
        const char byte = bytes.front();
        bytes.remove_prefix(1);
        const ChunkOutcome outcome = on_framing_byte(byte, body.size());
        if (outcome != ChunkOutcome::more) return outcome;
    }
    return ChunkOutcome::more;
}

ChunkOutcome ChunkDecoder::on_size_byte(char byte) {
    if (byte == '\r' && digits_ > 0) {
        state_ = State::size_lf;
        return ChunkOutcome::more;
    }
    const int digit = hex_digit(byte);
    if (digit < 0 || ++digits_ > 8) return ChunkOutcome::malformed;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return ChunkOutcome::more;
}

ChunkOutcome ChunkDecoder::on_framing_byte(char byte, std::size_t body_size) {
    const auto expect = [&](char wanted, State next) {
        if (byte != wanted) return ChunkOutcome::malformed;
        state_ = next;
        return ChunkOutcome::more;
    };
    switch (state_) {
        case State::size: return on_size_byte(byte);
        case State::size_lf:
            if (byte == '\n' && left_ > body_bytes_max_ - std::min(body_bytes_max_, body_size)) return ChunkOutcome::too_large;
            digits_ = 0;
            return expect('\n', left_ == 0 ? State::end_cr : State::data);
        case State::data: break;  // feed() takes data itself
        case State::data_cr: return expect('\r', State::data_lf);
        case State::data_lf: return expect('\n', State::size);
        case State::end_cr: return expect('\r', State::end_lf);
        case State::end_lf: return byte == '\n' ? ChunkOutcome::done : ChunkOutcome::malformed;
    }
    return ChunkOutcome::malformed;
}

}  // namespace granary::http1
