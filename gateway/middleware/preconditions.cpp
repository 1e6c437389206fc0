// If-Match compares the version alone: a change of the page by another aggregate (a payment) is no conflict for the order.
#include "gateway/middleware/preconditions.hpp"

#include "core/http1.hpp"
#include "core/mutants.hpp"

namespace granary::gateway {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string etag_of(std::uint64_t version, Offset changed_at) {
    std::string tag = "\"";
    tag += std::to_string(version);
    tag += '-';
    tag += std::to_string(changed_at.number);
    tag += '"';
    return tag;
}

std::optional<std::uint64_t> version_of_etag(std::string_view tag) {
    if (tag.size() < 5 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
    const auto inner = tag.substr(1, tag.size() - 2);
    const auto dash = inner.find('-');
    if (dash == std::string_view::npos || !http1::parse_length(inner.substr(dash + 1))) return std::nullopt;
    return http1::parse_length(inner.substr(0, dash));
}

std::expected<Precondition, Problem> update_precondition(const http::Headers& headers, bool create_allowed) {
    const std::string* match = headers.find("if-match");
    const std::string* none_match = headers.find("if-none-match");
    if (match != nullptr && none_match != nullptr) return std::unexpected(Problem{ProblemCode::invalid_header, "send either If-Match or If-None-Match"});
    if (none_match != nullptr) {
        if (create_allowed && trimmed(*none_match) == "*") return Precondition{0};
        return std::unexpected(Problem{ProblemCode::invalid_header, create_allowed ? "If-None-Match must be * here" : "If-None-Match has no meaning here; send If-Match"});
    }
    if (match == nullptr) return std::unexpected(Problem{ProblemCode::precondition_required});
    const auto tag = trimmed(*match);
    if (tag == "*") return Precondition{};
    if (headers.count("if-match") > 1 || tag.contains(',')) return std::unexpected(Problem{ProblemCode::invalid_header, "If-Match must name a single entity tag here"});
    if (const auto version = version_of_etag(tag); version && *version > 0) return Precondition{*version};
    return std::unexpected(Problem{ProblemCode::stale_version, "If-Match names no entity tag that this API gave out for a current version"});
}

bool is_not_modified(const http::Headers& headers, std::string_view etag) {
    for (const auto& field : headers) {
        if (field.name != "if-none-match") continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            auto tag = trimmed(rest.substr(0, comma));
            rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
            if (tag.starts_with("W/")) tag.remove_prefix(2);
            const bool same_version = GRANARY_MUTANT(version_alone_compared) && version_of_etag(tag) == version_of_etag(etag);
            if (tag == "*" || tag == etag || same_version) return true;
        }
    }
    return false;
}

}  // namespace granary::gateway
