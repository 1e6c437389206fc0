// Every named limit in one place, so that two of them that must agree are seen, and checked, together.
#pragma once

#include <cstddef>

#include "core/time.hpp"

namespace granary::limits {

// HTTP server: what one request and one connection may take.
inline constexpr std::size_t http_header_bytes_max = std::size_t{16} * 1024;  // request line and fields together
inline constexpr std::size_t http_headers_max = 100;
inline constexpr std::size_t http_target_bytes_max = std::size_t{8} * 1024;
inline constexpr std::size_t http_body_bytes_max = std::size_t{64} * 1024;
inline constexpr std::size_t http_large_body_bytes_max = std::size_t{1024} * 1024;  // orders
inline constexpr std::size_t http_connections_max = 4096;
inline constexpr std::size_t http_pipeline_max = 32;
inline constexpr Duration http_header_timeout = seconds(10);
inline constexpr Duration http_body_timeout = seconds(30);
inline constexpr Duration http_idle_timeout = seconds(60);
inline constexpr Duration http_handler_deadline = seconds(30);
static_assert(http_target_bytes_max < http_header_bytes_max);
static_assert(http_body_bytes_max <= http_large_body_bytes_max);

// HTTP client: what one server's answer and one server's connections may take.
inline constexpr std::size_t http_reply_header_bytes_max = std::size_t{32} * 1024;
inline constexpr std::size_t http_reply_body_bytes_max = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t http_connections_per_host_max = 64;
inline constexpr std::size_t http_idle_connections_per_host_max = 64;
inline constexpr std::size_t http_calls_waiting_max = 1024;
inline constexpr Duration http_connect_timeout = seconds(5);
inline constexpr Duration http_client_idle_timeout = seconds(30);
// The client lets go of an idle connection before the server would, so that a pooled one is seldom stale.
static_assert(http_client_idle_timeout < http_idle_timeout);

}  // namespace granary::limits
