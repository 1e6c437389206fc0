// Reads one HTTP/1.1 request after another out of a byte stream and refuses every framing that two readers could
// understand differently; no socket, clock or thread, so tests drive it by hand (docs/decisions/0010-http-framing.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/http1.hpp"
#include "core/limits.hpp"
#include "gateway/http/message.hpp"

namespace granary::http {

struct FramerRules {
    std::size_t header_bytes_max = limits::http_header_bytes_max;
    std::size_t headers_max = limits::http_headers_max;
    std::size_t target_bytes_max = limits::http_target_bytes_max;
    // Bytes of body that a request may have; null means limits::http_body_bytes_max.
    std::function<std::size_t(Method method, std::string_view path)> body_limit;
};

// Why a request was refused; the connection must be closed after saying so, for what follows can't be trusted.
struct FramingRefusal {
    int status = 400;  // 400, 413, 414, 417, 431, 501 or 505
    std::string_view code;
    std::string_view detail;
};

class Framer {
  public:
    enum class Progress { need_more, complete, refused };
    // Where in a request the reader stands, for time-outs.
    enum class Phase { between_requests, header, body };

    // `rules` must outlive the framer.
    explicit Framer(const FramerRules& rules) : rules_(&rules) {}

    // Takes bytes off the front of `unread`. On need_more the caller keeps what is left of `unread` (part of a line)
    // and presents it again with more bytes behind it. On complete, take() must be called before feeding on.
    // The outcome does not depend on how the stream was cut into pieces.
    Progress feed(std::string_view& unread);

    struct Framed {
        Request request;  // `peer`, `received` and `deadline` are the caller's to fill in
        bool keep_alive = true;
    };
    Framed take();

    // True once per request that waits for `100 Continue` before it sends its body.
    bool take_continue();
    const FramingRefusal& refusal() const { return refusal_; }
    Phase phase() const;
    // Of the body that is being read.
    std::size_t held_bytes() const { return request_.body.capacity(); }

  private:
    enum class State { request_line, fields, length_body, chunked_body, complete, refused };

    std::optional<std::string_view> next_line(std::string_view& unread);
    void on_request_line(std::string_view line);
    void on_version(std::string_view version);
    void on_target(std::string_view target);
    void on_field_line(std::string_view line);
    void on_header_end();
    void on_length_body(std::string_view& unread);
    void on_chunked_body(std::string_view& unread);
    bool check_host();
    bool resolve_target();
    bool check_expectation();
    void choose_body();
    void refuse(int status, std::string_view code, std::string_view detail);

    const FramerRules* rules_;
    State state_ = State::request_line;
    std::size_t scanned_ = 0;       // bytes of the unfinished line that hold no line feed
    std::size_t header_bytes_ = 0;  // of the finished lines
    std::uint64_t body_left_ = 0;
    bool version_1_0_ = false;
    bool keep_alive_ = true;
    bool continue_wanted_ = false;
    http1::ChunkDecoder chunks_{0};
    Request request_;
    FramingRefusal refusal_;
};

}  // namespace granary::http
