// A server for tests that plays a written part: for each connection, what to send after each request, or to hang up.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace granary::tests {

// One connection's part: after each request (its header and Content-Length bytes of body) the next line is sent. After
// the last line the connection is closed, with a reset if the line is `reset`; `silence` waits for the client to go.
using Part = std::vector<std::string>;
inline const std::string silence = "(silence)";
inline const std::string reset = "(reset)";

class ScriptedServer {
  public:
    // Connections are served one after another by the parts, in order; after the last part no more are accepted.
    explicit ScriptedServer(std::vector<Part> parts);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string url(const std::string& path) const;
    // The requests that arrived whole, in order.
    std::vector<std::string> requests() const;
    // Returns when every part has been played.
    void wait();

  private:
    void run(const std::vector<Part>& parts);
    void play(int connection, const Part& part);
    bool read_request(int connection);

    int listener_ = -1;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::string unread_;
    std::thread thread_;
};

}  // namespace granary::tests
