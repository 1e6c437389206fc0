// Conditional requests (RFC 9110, section 13): entity tags, If-Match on updates, If-None-Match on reads and creates.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/position.hpp"
#include "gateway/http/message.hpp"
#include "gateway/middleware/problem.hpp"

namespace granary::gateway {

// `"<version>-<offset>"`: the aggregate's version, then the last offset that changed what is shown.
std::string etag_of(std::uint64_t version, Offset changed_at);
// The version inside one of our strong tags.
std::optional<std::uint64_t> version_of_etag(std::string_view tag);

// What an update may rest on.
struct Precondition {
    std::optional<std::uint64_t> version;  // 0 = must not exist yet; nullopt = whatever its version, it must exist
};

// If-Match with one tag or `*`; with `create_allowed` also If-None-Match: *. Without either: 428. A tag that none of
// ours can be is stale (412).
std::expected<Precondition, Problem> update_precondition(const http::Headers& headers, bool create_allowed);

// True when If-None-Match names this tag (weak comparison), or is `*`: answer 304.
bool is_not_modified(const http::Headers& headers, std::string_view etag);

}  // namespace granary::gateway
