// The HTTP client over plain TCP: keep-alive connections pooled by host, strict reading of replies.
#pragma once

#include <cstddef>
#include <memory>

#include "core/limits.hpp"
#include "platform/ports/http_client.hpp"

namespace granary::http_client {

struct ClientOptions {
    std::size_t connections_per_host_max = limits::http_connections_per_host_max;
    std::size_t idle_per_host_max = limits::http_idle_connections_per_host_max;
    std::size_t calls_waiting_max = limits::http_calls_waiting_max;  // per host; one more is `unavailable` at once
    std::size_t reply_header_bytes_max = limits::http_reply_header_bytes_max;
    std::size_t reply_body_bytes_max = limits::http_reply_body_bytes_max;
    Duration connect_timeout = limits::http_connect_timeout;
    Duration idle_timeout = limits::http_client_idle_timeout;
};

// Starts the client's io thread. Destroying the client ends every call in flight (unavailable when unsent, else
// timed_out) before the destructor returns; it must not be destroyed from a callback.
std::unique_ptr<ports::HttpClient> make_http_client(ClientOptions options = {});

}  // namespace granary::http_client
