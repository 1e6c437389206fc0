// The chain rule and the frozen record header.
#include "core/chain.hpp"

#include <cstring>

#include "core/check.hpp"

namespace granary::chain {
namespace {

constexpr std::string_view magic = "GRNY";
constexpr std::size_t format_at = 4;
constexpr std::size_t padding_at = 5;
constexpr std::size_t prev_at = 8;
constexpr std::size_t length_at = 40;

void append_le32(std::string& out, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

std::uint32_t read_le32(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

}  // namespace

std::optional<Header> parse_header(std::string_view record) {
    if (record.size() < header_bytes || record.substr(0, magic.size()) != magic) return std::nullopt;
    if (static_cast<std::uint8_t>(record[format_at]) != format) return std::nullopt;
    if (record.substr(padding_at, prev_at - padding_at) != std::string_view("\0\0\0", 3)) return std::nullopt;
    Header header;
    std::memcpy(header.prev.bytes.data(), record.data() + prev_at, header.prev.bytes.size());
    header.body_bytes = read_le32(record.substr(length_at, 4));
    if (record.size() - header_bytes != header.body_bytes) return std::nullopt;
    return header;
}

std::string_view body_of(std::string_view record) { return record.substr(header_bytes); }

std::string make_record(const Digest& prev, std::string_view body) {
    GRANARY_CHECK(body.size() <= 0xFFFF'FFFFU);
    std::string record;
    record.reserve(header_bytes + body.size());
    record += magic;
    record += static_cast<char>(format);
    record.append(3, '\0');
    record += prev.view();
    append_le32(record, static_cast<std::uint32_t>(body.size()));
    record += body;
    return record;
}

Digest genesis(Uuid log_id, Partition partition) {
    std::string seed = "granary chain genesis 1 ";
    seed += hex_of(log_id);
    seed += ' ';
    seed += std::to_string(partition.number);
    return sha256(seed);
}

Verdict Head::accept(std::string_view record) {
    const auto header = parse_header(record);
    if (!header) return Verdict::malformed;
    if (header->prev != hash) return Verdict::void_record;
    hash = sha256(record);
    return Verdict::accepted;
}

}  // namespace granary::chain
