// The client's side of strict framing.
#include "platform/adapters/http_client/reply_reader.hpp"

#include <algorithm>

#include "core/limits.hpp"

namespace granary::http_client {
namespace {

// A reply's length is promised by a stranger, so memory is only set aside for this much of it at once.
constexpr std::size_t body_reserve_max = std::size_t{64} * 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void ReplyReader::start(bool head_only) {
    state_ = State::status_line;
    head_only_ = head_only;
    begun_ = false;
    keep_alive_ = true;
    scanned_ = 0;
    header_bytes_ = 0;
    reply_ = {};
}

ReplyReader::Progress ReplyReader::feed(std::string_view& unread) {
    begun_ = begun_ || !unread.empty();
    while (true) {
        switch (state_) {
            case State::status_line:
            case State::fields: {
                const auto line = next_line(unread);
                if (!line) return state_ == State::malformed ? Progress::malformed : Progress::need_more;
                on_line(*line);
                break;
            }
            case State::length_body:
            case State::chunked_body:
                on_body(unread);
                if (state_ == State::length_body || state_ == State::chunked_body) return Progress::need_more;
                break;
            case State::complete: return Progress::complete;
            case State::malformed: return Progress::malformed;
        }
    }
}

std::optional<std::string_view> ReplyReader::next_line(std::string_view& unread) {
    const std::size_t feed_at = unread.find('\n', scanned_);
    const bool finished = feed_at != std::string_view::npos;
    const std::size_t length = finished ? feed_at + 1 : unread.size();
    const std::string_view line = unread.substr(0, finished ? feed_at : 0);
    if (header_bytes_ + length > header_bytes_max_ || (finished && !line.ends_with('\r'))) {
        state_ = State::malformed;
        return std::nullopt;
    }
    scanned_ = finished ? 0 : length;
    if (!finished) return std::nullopt;
    header_bytes_ += length;
    unread.remove_prefix(length);
    return line.substr(0, line.size() - 1);
}

void ReplyReader::on_line(std::string_view line) {
    if (state_ == State::status_line) on_status_line(line);
    else if (line.empty()) on_header_end();
    else on_field_line(line);
}

// `HTTP/1.1 200 Some phrase`; the phrase may be missing.
void ReplyReader::on_status_line(std::string_view line) {
    const bool well_formed = (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ")) && line.size() >= 12 && is_digit(line[9]) &&
                             is_digit(line[10]) && is_digit(line[11]) && (line.size() == 12 || line[12] == ' ');
    reply_.status = well_formed ? static_cast<int>(*http1::parse_length(line.substr(9, 3))) : 0;
    const bool usable = reply_.status >= 100 && reply_.status <= 599 && reply_.status != 101;
    keep_alive_ = line.starts_with("HTTP/1.1");
    state_ = usable ? State::fields : State::malformed;
}

void ReplyReader::on_field_line(std::string_view line) {
    const auto field = http1::parse_field_line(line);
    if (!field || reply_.headers.size() >= limits::http_headers_max) {
        state_ = State::malformed;
        return;
    }
    std::string name = http1::lower_case(field->name);
    const bool frames = name == "content-length" || name == "transfer-encoding";
    if (frames && reply_.header(name) != nullptr) state_ = State::malformed;
    if (name == "connection" && http1::list_has(field->value, "close")) keep_alive_ = false;
    reply_.headers.push_back({std::move(name), std::string(field->value)});
}

void ReplyReader::on_header_end() {
    if (reply_.status < 200) {  // interim: the real one follows; header_bytes_ goes on counting, so they can't go on for ever
        reply_ = {};
        state_ = State::status_line;
        return;
    }
    choose_body(reply_.header("content-length"), reply_.header("transfer-encoding"));
}

void ReplyReader::choose_body(const std::string* length, const std::string* coding) {
    const auto parsed = length != nullptr ? http1::parse_length(*length) : std::nullopt;
    state_ = State::malformed;
    if (length != nullptr && (!parsed || coding != nullptr)) return;
    if (head_only_ || reply_.status == 204 || reply_.status == 304) {
        state_ = State::complete;
    } else if (coding != nullptr) {
        if (!http1::equal_ignoring_case(*coding, "chunked")) return;
        chunks_ = http1::ChunkDecoder(body_bytes_max_);
        state_ = State::chunked_body;
    } else if (parsed && *parsed <= body_bytes_max_) {
        body_left_ = *parsed;
        reply_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, body_reserve_max)));
        state_ = body_left_ == 0 ? State::complete : State::length_body;
    }
}

void ReplyReader::on_body(std::string_view& unread) {
    if (state_ == State::length_body) {
        const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, unread.size()));
        reply_.body.append(unread.substr(0, taken));
        unread.remove_prefix(taken);
        body_left_ -= taken;
        if (body_left_ == 0) state_ = State::complete;
        return;
    }
    switch (chunks_.feed(unread, reply_.body)) {
        case http1::ChunkOutcome::more: return;
        case http1::ChunkOutcome::done: state_ = State::complete; return;
        case http1::ChunkOutcome::malformed:
        case http1::ChunkOutcome::too_large: state_ = State::malformed; return;
    }
}

}  // namespace granary::http_client
