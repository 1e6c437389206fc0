// Pages of lists: limit, an opaque signed cursor, and the answer around the items.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.hpp"
#include "gateway/middleware/problem.hpp"

namespace granary::gateway {

struct PageParameters {
    std::size_t limit = 0;
    std::string cursor;  // raw bytes that a query gave out; empty for the first page
};

// `list` names what is listed, filters included (see list_name): a cursor of another list is refused.
std::expected<PageParameters, Problem> page_parameters(const http::Request& request, std::string_view secret, std::string_view list);
// The path and all parameters but limit and cursor, sorted.
std::string list_name(const http::Request& request);

// A cursor has at most so many raw bytes, far more than any key of a view; a longer one would be refused when it comes back.
inline constexpr std::size_t cursor_bytes_max = 1024;
// `<base64url of the bytes>.<base64url of the MAC's first 16 bytes>`
std::string sign_cursor(std::string_view secret, std::string_view list, std::string_view cursor);
std::optional<std::string> open_cursor(std::string_view secret, std::string_view list, std::string_view text);

// {"data": [...], "next_cursor": "..." or null, "has_more": ...}
std::string page_body(const std::vector<std::string>& items, std::string_view signed_cursor);
// `</v1/orders?status=PAID&limit=20&cursor=...>; rel="next"`
std::string next_link(const http::Request& request, std::string_view signed_cursor);

// Percent-encodes all but unreserved characters (RFC 3986).
std::string percent_encoded(std::string_view text);

}  // namespace granary::gateway
