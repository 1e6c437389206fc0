// Splitting URLs and formatting requests.
#include "platform/adapters/http_client/wire_request.hpp"

#include <algorithm>

#include "core/http1.hpp"

namespace granary::http_client {
namespace {

bool is_clients_own(std::string_view name) {
    for (const std::string_view own : {"host", "content-length", "transfer-encoding", "connection", "expect", "trailer", "upgrade", "te"})
        if (http1::equal_ignoring_case(name, own)) return true;
    return false;
}

bool is_host_text(std::string_view host) {
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("-._~:").contains(c);
    });
}

// Fills in host and port; false when the authority is malformed.
bool split_authority(std::string_view authority, WireRequest& request) {
    std::string_view host = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) return false;
        host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
        if (!port.empty() && !port.starts_with(':')) return false;
    } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
        host = authority.substr(0, colon);
        port = authority.substr(colon);
        if (port.find(':', 1) != std::string_view::npos) return false;
    }
    if (!port.empty()) {
        const auto number = http1::parse_length(port.substr(1));
        if (!number || *number == 0 || *number > 65535) return false;
        request.port = static_cast<std::uint16_t>(*number);
    }
    request.host = host;
    return is_host_text(host);
}

bool is_idempotent(std::string_view method) {
    for (const std::string_view known : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
        if (method == known) return true;
    return false;
}

}  // namespace

Result<WireRequest> wire_request_of(const ports::HttpCall& call) {
    const auto refuse = [](const char* why) { return fault(FaultCode::invalid_argument, why); };
    constexpr std::string_view scheme = "http://";
    if (!http1::is_token(call.method)) return refuse("the method is not a token");
    if (!call.url.starts_with(scheme)) return refuse("the URL does not start with http://");
    const std::string_view rest = std::string_view(call.url).substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    WireRequest request;
    if (!split_authority(rest.substr(0, end), request)) return refuse("the URL's host or port is malformed");
    const std::string_view target = rest.substr(end);
    if (!http1::is_target_text(target)) return refuse("the URL holds a character that must be escaped");
    request.head_only = call.method == "HEAD";
    request.resend_safe = is_idempotent(call.method);
    std::string& bytes = request.bytes;
    bytes.reserve(256 + call.url.size() + call.body.size());
    bytes.append(call.method).append(target.starts_with('/') ? " " : " /").append(target).append(" HTTP/1.1\r\nhost: ").append(rest.substr(0, end)).append("\r\n");
    for (const ports::HttpField& field : call.headers) {
        if (!http1::is_token(field.name) || !http1::is_field_value(field.value) || is_clients_own(field.name)) return refuse("a header field can't be sent");
        bytes.append(field.name).append(": ").append(field.value).append("\r\n");
        request.resend_safe = request.resend_safe || http1::equal_ignoring_case(field.name, "idempotency-key");
    }
    const bool says_length = !call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH";
    if (says_length) bytes.append("content-length: ").append(std::to_string(call.body.size())).append("\r\n");
    bytes.append("\r\n").append(call.body);
    return request;
}

}  // namespace granary::http_client
