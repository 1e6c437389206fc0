// One form only, read back strictly: what is signed must not have two meanings.
#include "proofs/checkpoint.hpp"

#include <charconv>
#include <limits>
#include <optional>

#include "core/limits.hpp"
#include "proofs/base64.hpp"

namespace granary::proofs {
namespace {

constexpr std::string_view origin_mark = "granary/";
constexpr std::string_view of_mark = "-of-";

// Decimal, without sign and leading zeros.
std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || std::to_string(value) != text) return std::nullopt;
    return value;
}

// What stands in front of the next line feed; `text` goes on behind it.
std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::optional<Origin> parse_origin(std::string_view text) {
    constexpr std::size_t id_digits = 32;
    if (!text.starts_with(origin_mark)) return std::nullopt;
    text.remove_prefix(origin_mark.size());
    const auto log = parse_hex_uuid(text.substr(0, std::min(text.size(), id_digits)));
    if (!log || text.size() <= id_digits || text[id_digits] != '/') return std::nullopt;
    text.remove_prefix(id_digits + 1);
    const auto of = text.find(of_mark);
    if (of == std::string_view::npos) return std::nullopt;
    const auto partition = number_of(text.substr(0, of));
    const auto partitions = number_of(text.substr(of + of_mark.size()));
    if (!partition || !partitions || *partitions > limits::partitions_max || *partition >= *partitions) return std::nullopt;
    return Origin{*log, static_cast<std::uint32_t>(*partitions), {static_cast<std::uint32_t>(*partition)}};
}

}  // namespace

std::string key_name_of(Uuid log) { return std::string(origin_mark) + hex_of(log); }

std::string text_of(const Origin& origin) {
    return key_name_of(origin.log) + "/" + std::to_string(origin.partition.number) + std::string(of_mark) + std::to_string(origin.partitions);
}

std::string text_of(const Checkpoint& checkpoint) {
    return text_of(checkpoint.origin) + "\n" + std::to_string(checkpoint.size) + "\n" + base64_of(checkpoint.root.view()) + "\n";
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
    const auto origin_line = take_line(text);
    const auto size_line = take_line(text);
    const auto root_line = take_line(text);
    if (!root_line || !text.empty()) return fault(FaultCode::corrupt, "a checkpoint has three lines: origin, size and root");
    const auto origin = parse_origin(*origin_line);
    if (!origin) return fault(FaultCode::corrupt, "the origin of a checkpoint looks like granary/LOG/7-of-64");
    const auto size = number_of(*size_line);
    if (!size || *size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return fault(FaultCode::corrupt, "the size of a checkpoint is a decimal number under 2^63");
    const auto root = digest_of_base64(*root_line);
    if (!root) return fault(FaultCode::corrupt, "the root of a checkpoint is 32 bytes in base64");
    return Checkpoint{*origin, *size, *root};
}

}  // namespace granary::proofs
