// The HTTP/1.1 server: moves bytes between sockets and a handler, within limits, and refuses ambiguous framing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "gateway/http/message.hpp"

namespace granary::http {

struct ServerOptions {
    std::string listen = "127.0.0.1:0";  // `ADDRESS:PORT`, `[IPV6]:PORT`; port 0 picks a free one
    std::size_t io_threads = 1;
    std::size_t connections_max = limits::http_connections_max;  // one more takes the place of a mute one, or gets a 503
    std::size_t held_bytes_max = std::size_t{256} << 20;         // requests and answers under way, of all connections that hold much
    std::size_t pipeline_max = limits::http_pipeline_max;        // unanswered requests of one connection; then reading stops
    Duration header_timeout = limits::http_header_timeout;       // from the first byte of a request to the end of its header
    Duration body_timeout = limits::http_body_timeout;           // from the end of the header to the end of the body
    Duration idle_timeout = limits::http_idle_timeout;           // between requests, and for a client that doesn't take its answer
    Duration mute_patience = seconds(1);                         // then, if there is no place left, it has to make one
    Duration handler_deadline = limits::http_handler_deadline;   // then the server answers 503 instead
    // Bytes of body that this request may have; null means limits::http_body_bytes_max for all.
    std::function<std::size_t(Method method, std::string_view path)> body_limit;
    // Shapes the answers that the server gives by itself (bad framing, limits, deadline); null means a plain problem+json.
    std::function<Response(int status, std::string_view code, std::string_view detail)> problem;
    // Wall clock for Request::received and the Date header; null means the system's.
    std::function<Time()> now;
};

// Counted since start; for metrics.
struct ServerCounts {
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_refused = 0;
    std::uint64_t connections_open = 0;
    std::uint64_t requests = 0;
    std::uint64_t requests_refused = 0;  // by the framer
    std::uint64_t timeouts = 0;          // header, body, idle and handler together
    std::uint64_t handler_failures = 0;  // exceptions that left a handler: bugs, answered with 500
};

class Server {
  public:
    // Listens and starts its threads. invalid_argument for a bad address, io_error when the port can't be had.
    static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler);

    // Same as stop(Duration{}).
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // `127.0.0.1:43211`, with the port that was picked.
    const std::string& address() const;
    std::uint16_t port() const;
    ServerCounts counts() const;

    // Stops accepting, closes idle connections, lets requests that were read be answered for at most `drain`, closes
    // the rest and ends the threads. Returns when all that is done; a second call does nothing. Not from a handler.
    void stop(Duration drain);

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace granary::http
