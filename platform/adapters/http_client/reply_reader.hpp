// Reads one reply after another out of a byte stream, as strictly as the server reads requests; no socket, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/http1.hpp"
#include "platform/ports/http_client.hpp"

namespace granary::http_client {

class ReplyReader {
  public:
    enum class Progress { need_more, complete, malformed };

    ReplyReader(std::size_t header_bytes_max, std::size_t body_bytes_max)
        : header_bytes_max_(header_bytes_max), body_bytes_max_(body_bytes_max) {}

    // Forgets everything and expects the reply to the next request.
    void start(bool head_only);
    // Takes bytes off the front of `unread`; what is left of it must be presented again with more behind it. A reply
    // without a length (one that would end where the connection does) is malformed: nobody could tell that it is whole.
    Progress feed(std::string_view& unread);
    // True once a byte of a reply has been seen.
    bool begun() const { return begun_; }
    // Of the complete reply: the connection may carry another request.
    bool keep_alive() const { return keep_alive_; }
    ports::HttpReply take() { return std::move(reply_); }

  private:
    enum class State { status_line, fields, length_body, chunked_body, complete, malformed };

    std::optional<std::string_view> next_line(std::string_view& unread);
    void on_line(std::string_view line);
    void on_status_line(std::string_view line);
    void on_field_line(std::string_view line);
    void on_header_end();
    void choose_body(const std::string* length, const std::string* coding);
    void on_body(std::string_view& unread);

    std::size_t header_bytes_max_;
    std::size_t body_bytes_max_;
    State state_ = State::status_line;
    bool head_only_ = false;
    bool begun_ = false;
    bool keep_alive_ = true;
    std::size_t scanned_ = 0;
    std::size_t header_bytes_ = 0;
    std::uint64_t body_left_ = 0;
    http1::ChunkDecoder chunks_{0};
    ports::HttpReply reply_;
};

}  // namespace granary::http_client
