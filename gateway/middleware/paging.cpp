// The signature keeps a cursor to the list it came from; what is inside is the query's matter.
#include "gateway/middleware/paging.hpp"

#include <algorithm>
#include <array>

#include "core/digest.hpp"
#include "core/http1.hpp"
#include "core/json_writer.hpp"
#include "core/limits.hpp"

namespace granary::gateway {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t mac_bytes = 16;

std::string base64url_of(std::string_view bytes) {
    std::string text;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : bytes) {
        buffer = (buffer << 8 | static_cast<unsigned char>(c)) & 0xFFFFFF;
        bits += 8;
        for (; bits >= 6; bits -= 6) text += base64_digits[buffer >> (bits - 6) & 63];
    }
    if (bits > 0) text += base64_digits[buffer << (6 - bits) & 63];
    return text;
}

std::optional<std::string> bytes_of_base64url(std::string_view text) {
    std::string bytes;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const auto value = base64_digits.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        buffer = (buffer << 6 | static_cast<unsigned>(value)) & 0xFFFFFF;
        bits += 6;
        if (bits >= 8) bytes += static_cast<char>(buffer >> (bits -= 8) & 0xFF);
    }
    return bytes;
}

std::string mac_of(std::string_view secret, std::string_view list, std::string_view cursor) {
    const auto digest = hmac_sha256(secret, std::string(list).append(1, '\0').append(cursor));
    return std::string(digest.view().substr(0, mac_bytes));
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain) out += c;
        else out.append(1, '%').append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    }
    return out;
}

std::string list_name(const http::Request& request) {
    std::vector<std::string> filters;
    for (const auto& parameter : request.query)
        if (parameter.name != "limit" && parameter.name != "cursor") filters.push_back(percent_encoded(parameter.name) + "=" + percent_encoded(parameter.value));
    std::ranges::sort(filters);
    std::string name(request.path());
    for (const auto& filter : filters) name.append(1, '&').append(filter);
    return name;
}

std::string sign_cursor(std::string_view secret, std::string_view list, std::string_view cursor) {
    return base64url_of(cursor) + "." + base64url_of(mac_of(secret, list, cursor));
}

std::optional<std::string> open_cursor(std::string_view secret, std::string_view list, std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos || text.size() > cursor_bytes_max * 2) return std::nullopt;
    auto cursor = bytes_of_base64url(text.substr(0, dot));
    if (!cursor || !equal_secrets(text.substr(dot + 1), base64url_of(mac_of(secret, list, *cursor)))) return std::nullopt;
    return cursor;
}

std::expected<PageParameters, Problem> page_parameters(const http::Request& request, std::string_view secret, std::string_view list) {
    PageParameters page{limits::page_size_default, {}};
    if (const std::string* limit = request.query_value("limit")) {
        const auto parsed = http1::parse_length(*limit);
        if (!parsed || *parsed < 1 || *parsed > limits::page_size_max) {
            return std::unexpected(Problem{ProblemCode::invalid_parameter, "limit must be from 1 to " + std::to_string(limits::page_size_max)});
        }
        page.limit = static_cast<std::size_t>(*parsed);
    }
    if (const std::string* text = request.query_value("cursor")) {
        auto cursor = open_cursor(secret, list, *text);
        if (!cursor) return std::unexpected(Problem{ProblemCode::invalid_parameter, "cursor is not one that this list gave out"});
        page.cursor = std::move(*cursor);
    }
    return page;
}

std::string page_body(const std::vector<std::string>& items, std::string_view signed_cursor) {
    JsonWriter json;
    json.begin_object().key("data").begin_array();
    for (const auto& item : items) json.raw(item);
    json.end_array().key("next_cursor");
    if (signed_cursor.empty()) json.null();
    else json.string(signed_cursor);
    json.member("has_more", !signed_cursor.empty()).end_object();
    return json.take();
}

std::string next_link(const http::Request& request, std::string_view signed_cursor) {
    std::string link = "<" + std::string(request.path());
    char separator = '?';
    for (const auto& parameter : request.query) {
        if (parameter.name == "cursor") continue;
        link.append(1, separator).append(percent_encoded(parameter.name)).append(1, '=').append(percent_encoded(parameter.value));
        separator = '&';
    }
    return link.append(1, separator).append("cursor=").append(signed_cursor).append(">; rel=\"next\"");
}

}  // namespace granary::gateway
