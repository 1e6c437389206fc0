// A TCP client for tests that sends exactly the bytes it is given; every wait has a deadline that only a bug reaches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace granary::tests {

struct RawReply {
    int status = 0;
    std::string head;  // status line and fields, without the empty line
    std::string body;  // Content-Length bytes
};

class RawClient {
  public:
    // Connects to 127.0.0.1 (or ::1).
    explicit RawClient(std::uint16_t port, bool ip6 = false);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    // False when the server has closed.
    bool send(std::string_view bytes);
    // Says that nothing more will be sent.
    void end();
    // The next reply; status 0 when the connection ended first. A reply to HEAD has no body.
    RawReply receive(bool head_only = false);
    // Everything up to the end of the connection. A reset counts as its end.
    std::string receive_all();
    // True when the connection ended without another byte.
    bool ended();

  private:
    bool fill();

    int socket_ = -1;
    std::string unread_;
};

}  // namespace granary::tests
