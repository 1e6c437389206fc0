// `granary/audit-mark@v1`, the log, one line for each partition that holds anything, the checksum.
#include "tools/granary/audit_mark.hpp"

#include <charconv>
#include <utility>

namespace granary::cli {
namespace {

constexpr std::string_view heading = "granary/audit-mark@v1\n";
constexpr std::string_view sum_mark = "sum ";
constexpr std::size_t digest_digits = 64;

std::string first_lines(const ports::LogIdentity& log) { return std::string(heading) + "log " + hex_of(log.id) + " " + std::to_string(log.partitions) + "\n"; }

std::unexpected<Fault> damaged() { return fault(FaultCode::corrupt, "the mark of the last audit is damaged or cut off: verify the whole log again, without --since"); }

std::optional<Digest> digest_of_hex(std::string_view text) {
    Digest digest;
    if (text.size() != digest_digits) return std::nullopt;
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        const char* first = text.data() + 2 * i;
        if (std::from_chars(first, first + 2, digest.bytes[i], 16).ptr != first + 2) return std::nullopt;
    }
    return hex_of(digest) == text ? std::optional(digest) : std::nullopt;
}

// `3:17 HASH`
Status take_line(std::string_view line, AuditMark& mark) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return damaged();
    const auto position = parse_position(line.substr(0, space));
    const auto hash = digest_of_hex(line.substr(space + 1));
    if (!position || !hash || position->partition.number >= mark.size() || mark[position->partition.number]) return damaged();
    mark[position->partition.number] = ChainAnchor{position->offset, *hash};
    return {};
}

}  // namespace

AuditMark mark_of(const LogVerdict& verdict) {
    AuditMark mark;
    for (const auto& partition : verdict.partitions) mark.push_back(partition.head.offset.number < 0 ? std::nullopt : std::optional(partition.head));
    return mark;
}

std::string text_of(const ports::LogIdentity& log, const AuditMark& mark) {
    std::string text = first_lines(log);
    for (std::uint32_t number = 0; number < mark.size(); ++number) {
        if (mark[number]) text += text_of(Position{{number}, mark[number]->offset}) + " " + hex_of(mark[number]->hash) + "\n";
    }
    return text + std::string(sum_mark) + hex_of(sha256(text)) + "\n";
}

Result<AuditMark> parse_mark(const ports::LogIdentity& log, std::string_view text) {
    const std::size_t tail = sum_mark.size() + digest_digits + 1;
    if (!text.starts_with(heading) || text.size() < heading.size() + tail) return damaged();
    auto rest = text.substr(0, text.size() - tail);
    if (text.substr(rest.size()) != std::string(sum_mark) + hex_of(sha256(rest)) + "\n") return damaged();
    if (!rest.starts_with(first_lines(log))) return fault(FaultCode::conflict, "the mark is of an audit of another log");
    rest.remove_prefix(first_lines(log).size());
    AuditMark mark(log.partitions);
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) return damaged();
        if (auto taken = take_line(rest.substr(0, end), mark); !taken) return std::unexpected(std::move(taken.error()));
        rest.remove_prefix(end + 1);
    }
    return mark;
}

}  // namespace granary::cli
