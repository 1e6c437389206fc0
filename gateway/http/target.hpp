// Takes a request target apart: percent-decoding that can't be tricked into a different path or a broken text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.hpp"

namespace granary::http {

// Segments of an absolute path: split at `/` first and decoded then, so `%2F` is data. nullopt for a bad escape, a
// control character, malformed UTF-8, or a `.` or `..` segment however it is spelled. `/` is empty, `/a/` is {a, ""}.
std::optional<std::vector<std::string>> parse_path(std::string_view path);

// Parameters of a query in the form of URL-encoded forms (`+` is a space). nullopt for a bad escape, NUL or malformed UTF-8.
std::optional<std::vector<QueryParameter>> parse_query(std::string_view query);

}  // namespace granary::http
