// The strict front: one pass over complete lines, then a body whose length has exactly one meaning.
#include "gateway/http/framer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/check.hpp"
#include "gateway/http/target.hpp"

namespace granary::http {
namespace {

// Longest method, spaces, version and CRLF around a target; a request line beyond it can only be too long a target.
constexpr std::size_t request_line_overhead_max = 64;
// A length is promised by the client, so memory is only set aside for this much of it at once.
constexpr std::size_t body_reserve_max = std::size_t{64} * 1024;

constexpr std::array methods = {Method::get,   Method::head, Method::post,   Method::put,
                                Method::patch, Method::del,  Method::options};

// Fields of which a second one would let two readers see two different requests.
constexpr std::array<std::string_view, 7> singletons = {"host",         "content-length", "transfer-encoding", "authorization",
                                                        "content-type", "idempotency-key", "expect"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_host(std::string_view host) {
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("-._~:[]").contains(c);
    });
}

}  // namespace

Framer::Progress Framer::feed(std::string_view& unread) {
    while (true) {
        switch (state_) {
            case State::request_line:
            case State::fields: {
                const auto line = next_line(unread);
                if (state_ == State::refused) return Progress::refused;
                if (!line) return Progress::need_more;
                if (state_ == State::request_line) on_request_line(*line);
                else if (line->empty()) on_header_end();
                else on_field_line(*line);
                break;
            }
            case State::length_body: on_length_body(unread); break;
            case State::chunked_body: on_chunked_body(unread); break;
            case State::complete: return Progress::complete;
            case State::refused: return Progress::refused;
        }
        if (unread.empty() && (state_ == State::length_body || state_ == State::chunked_body)) return Progress::need_more;
    }
}

// A line without its CRLF, or nothing: then it is unfinished, or it was refused. A line is judged only as a whole (its
// length apart), so that the way the stream is cut can't change the answer.
std::optional<std::string_view> Framer::next_line(std::string_view& unread) {
    const std::size_t feed_at = unread.find('\n', scanned_);
    const bool finished = feed_at != std::string_view::npos;
    const std::size_t length = finished ? feed_at + 1 : unread.size();
    if (state_ == State::request_line && length > rules_->target_bytes_max + request_line_overhead_max) {
        refuse(414, "target_too_long", "the request target is too long");
        return std::nullopt;
    }
    if (header_bytes_ + length > rules_->header_bytes_max) {
        refuse(431, "header_too_large", "the request header is too large");
        return std::nullopt;
    }
    if (!finished) {
        scanned_ = length;
        return std::nullopt;
    }
    const std::string_view line = unread.substr(0, feed_at);
    if (line.empty() || line.back() != '\r') {
        refuse(400, "bare_line_feed", "lines of a request must end in CR LF");
        return std::nullopt;
    }
    unread.remove_prefix(length);
    header_bytes_ += length;
    scanned_ = 0;
    return line.substr(0, line.size() - 1);
}

void Framer::on_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos)
        return refuse(400, "bad_request_line", "a request line is METHOD, target and version with one space between");
    const std::string_view method = line.substr(0, first);
    if (!http1::is_token(method)) return refuse(400, "bad_request_line", "the method is not a token");
    on_version(line.substr(second + 1));
    if (state_ == State::refused) return;
    const auto known = std::ranges::find(methods, method, name_of);
    if (known == methods.end()) return refuse(501, "unknown_method", "this method is not implemented");
    request_.method = *known;
    on_target(line.substr(first + 1, second - first - 1));
}

void Framer::on_version(std::string_view version) {
    const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (!well_formed) return refuse(400, "bad_request_line", "the version is malformed");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505, "unsupported_version", "only HTTP/1.1 and HTTP/1.0 are spoken here");
    version_1_0_ = version == "HTTP/1.0";
    keep_alive_ = !version_1_0_;
}

void Framer::on_target(std::string_view target) {
    if (target.size() > rules_->target_bytes_max) return refuse(414, "target_too_long", "the request target is too long");
    const bool bracketed_host = http1::equal_ignoring_case(target.substr(0, 8), "http://[");
    const std::string_view checked = bracketed_host ? target.substr(std::min(target.find(']'), target.size() - 1) + 1) : target;
    if (target.empty() || !http1::is_target_text(checked)) return refuse(400, "bad_target", "the request target holds a character that must be escaped");
    request_.target = target;
    state_ = State::fields;
}

void Framer::on_field_line(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return refuse(400, "folded_field", "folded header lines are not accepted");
    const auto field = http1::parse_field_line(line);
    if (!field) return refuse(400, "bad_field", "a header line is malformed");
    // Gateways that turn `-` into `_` would let one field pose as another.
    if (field->name.contains('_')) return refuse(400, "bad_field", "header names with an underscore are not accepted");
    if (request_.headers.size() >= rules_->headers_max) return refuse(431, "too_many_headers", "the request has too many header fields");
    std::string name = http1::lower_case(field->name);
    if (std::ranges::find(singletons, name) != singletons.end() && request_.headers.find(name) != nullptr)
        return refuse(400, "repeated_field", "a header field that may occur once was repeated");
    request_.headers.add(std::move(name), std::string(field->value));
}

void Framer::on_header_end() {
    if (!check_host() || !resolve_target() || !check_expectation()) return;
    if (const std::string* connection = request_.headers.find("connection"); connection != nullptr) {
        for (const Header& field : request_.headers)
            if (field.name == "connection" && http1::list_has(field.value, "close")) keep_alive_ = false;
    }
    choose_body();
    continue_wanted_ = continue_wanted_ && (state_ == State::length_body || state_ == State::chunked_body);
}

bool Framer::check_host() {
    const std::string* host = request_.headers.find("host");
    if (host == nullptr && !version_1_0_) refuse(400, "no_host", "a request needs a Host field");
    else if (host != nullptr && !is_host(*host)) refuse(400, "bad_host", "the Host field is malformed");
    return state_ != State::refused;
}

// Brings an absolute target into origin form, then decodes path and query.
bool Framer::resolve_target() {
    std::string& target = request_.target;
    if (target == "*" && request_.method == Method::options) return true;
    if (target.front() != '/') {
        const std::string* host = request_.headers.find("host");
        const std::string_view scheme = "http://";
        const bool absolute = http1::equal_ignoring_case(std::string_view(target).substr(0, scheme.size()), scheme);
        const std::size_t end = absolute ? std::min(target.find_first_of("/?", scheme.size()), target.size()) : 0;
        const bool ours = absolute && host != nullptr && http1::equal_ignoring_case(std::string_view(target).substr(scheme.size(), end - scheme.size()), *host);
        if (!ours) {
            refuse(400, "bad_target", "the target must be a path, or a URL of the host that the Host field names");
            return false;
        }
        target.erase(0, end);
        if (target.empty() || target.front() != '/') target.insert(0, 1, '/');
    }
    const std::string_view path = request_.path();
    auto segments = parse_path(path);
    auto query = parse_query(std::string_view(target).substr(std::min(path.size() + 1, target.size())));
    if (!segments || !query) {
        refuse(400, "bad_target", "the target holds a bad escape, a control character, malformed UTF-8 or a dot segment");
        return false;
    }
    request_.segments = std::move(*segments);
    request_.query = std::move(*query);
    return true;
}

bool Framer::check_expectation() {
    const std::string* expect = request_.headers.find("expect");
    if (expect == nullptr || version_1_0_) return true;
    continue_wanted_ = http1::equal_ignoring_case(*expect, "100-continue");
    if (!continue_wanted_) refuse(417, "unknown_expectation", "the only expectation that is met is 100-continue");
    return continue_wanted_;
}

void Framer::choose_body() {
    const std::string* length = request_.headers.find("content-length");
    const std::string* coding = request_.headers.find("transfer-encoding");
    const std::size_t body_max = rules_->body_limit ? rules_->body_limit(request_.method, request_.path()) : limits::http_body_bytes_max;
    if (coding != nullptr) {
        if (version_1_0_) return refuse(400, "bad_framing", "HTTP/1.0 has no Transfer-Encoding");
        if (length != nullptr) return refuse(400, "bad_framing", "Transfer-Encoding and Content-Length exclude each other");
        if (!http1::equal_ignoring_case(*coding, "chunked")) return refuse(501, "unknown_transfer_coding", "the only transfer coding is a single chunked");
        chunks_ = http1::ChunkDecoder(body_max);
        state_ = State::chunked_body;
        return;
    }
    body_left_ = 0;
    if (length != nullptr) {
        const auto parsed = http1::parse_length(*length);
        if (!parsed) return refuse(400, "bad_framing", "the Content-Length is not a plain number");
        if (*parsed > body_max) return refuse(413, "body_too_large", "the request body is too large");
        body_left_ = *parsed;
    }
    request_.body.reserve(std::min<std::size_t>(body_left_, body_reserve_max));
    state_ = body_left_ == 0 ? State::complete : State::length_body;
}

void Framer::on_length_body(std::string_view& unread) {
    const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, unread.size()));
    request_.body.append(unread.substr(0, taken));
    unread.remove_prefix(taken);
    body_left_ -= taken;
    if (body_left_ == 0) state_ = State::complete;
}

void Framer::on_chunked_body(std::string_view& unread) {
    switch (chunks_.feed(unread, request_.body)) {
        case http1::ChunkOutcome::more: return;
        case http1::ChunkOutcome::done: state_ = State::complete; return;
        case http1::ChunkOutcome::malformed: return refuse(400, "bad_framing", "the chunked body is malformed, or has extensions or trailer fields");
        case http1::ChunkOutcome::too_large: return refuse(413, "body_too_large", "the request body is too large");
    }
}

Framer::Framed Framer::take() {
    GRANARY_CHECK(state_ == State::complete);
    Framed framed{std::exchange(request_, Request{}), keep_alive_};
    state_ = State::request_line;
    header_bytes_ = 0;
    continue_wanted_ = false;
    return framed;
}

bool Framer::take_continue() { return std::exchange(continue_wanted_, false); }

Framer::Phase Framer::phase() const {
    if (state_ == State::length_body || state_ == State::chunked_body) return Phase::body;
    return state_ == State::request_line && scanned_ == 0 ? Phase::between_requests : Phase::header;
}

void Framer::refuse(int status, std::string_view code, std::string_view detail) {
    refusal_ = {status, code, detail};
    state_ = State::refused;
}

}  // namespace granary::http
