// https://www.w3.org/TR/trace-context/ section 3.2.
#include "gateway/middleware/tracing.hpp"

#include <algorithm>

namespace granary::gateway {
namespace {

constexpr std::size_t version_00_size = 55;

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

}  // namespace

std::optional<Trace> parse_traceparent(std::string_view text) {
    if (text.size() < version_00_size || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
    const auto version = text.substr(0, 2), trace = text.substr(3, 32), parent = text.substr(36, 16), flags = text.substr(53, 2);
    if (!is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(flags) || version == "ff") return std::nullopt;
    if (text.size() > version_00_size && (version == "00" || text[version_00_size] != '-')) return std::nullopt;
    if (is_zero(trace) || is_zero(parent)) return std::nullopt;
    return Trace{std::string(trace), std::string(parent), std::string(flags)};
}

std::string traceparent_of(const Trace& trace, Uuid random) {
    // A span id must not be zero.
    const std::string span = hex_of(Uuid{0, random.lo == 0 ? 1 : random.lo}).substr(16);
    return "00-" + trace.trace_id + "-" + span + "-" + trace.flags;
}

Trace new_trace(Uuid random) {
    if (random.is_nil()) random.lo = 1;
    return {hex_of(random), {}, "01"};
}

}  // namespace granary::gateway
