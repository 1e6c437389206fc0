// Drives many keep-alive HTTP connections from one thread, cheaply, so that the load generator costs less than the server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace granary::load {

struct Reply {
    int status = 0;              // 0: the connection broke before a whole reply came
    std::string_view head;       // status line and header fields; valid during the call
    std::string_view body;       // valid during the call
    std::int64_t latency_us = 0;
};

struct RunOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::size_t connections = 64;
    double seconds = 10;                 // no new request after this
    std::uint64_t requests_max = 0;      // 0 = until the time is up
    double rate = 0;                     // requests a second over all connections; 0 = as fast as replies come
};

struct RunCounts {
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    std::uint64_t broken = 0;
    double seconds = 0;                  // from the first request to the last reply
    std::vector<std::int64_t> latencies_us;
};

// Request n is the bytes of `make(n)`; each connection has one request under way. A broken connection is opened again and
// its request is not repeated: `done` sees status 0. unavailable: the server can't be reached at the start.
Result<RunCounts> run_load(const RunOptions& options, const std::function<std::string(std::uint64_t)>& make,
                           const std::function<void(std::uint64_t, const Reply&)>& done);

// The p-th percentile (0 to 100); sorts the values.
std::int64_t percentile(std::vector<std::int64_t>& values, double p);

// The value of a header field in a reply's head, or empty; the name in lower case or as the server writes it.
std::string_view field_of(std::string_view head, std::string_view name);

}  // namespace granary::load
