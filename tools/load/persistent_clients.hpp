// Clients that do not give up: each asks again under its Idempotency-Key, at any node, until it is told what became of its request.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace granary::load {

struct PersistentOptions {
    std::string host = "127.0.0.1";      // an IPv4 address
    std::vector<std::uint16_t> ports;    // of the nodes; each request goes to one at random. At least one.
    std::size_t clients = 32;            // threads, each with one request under way
    std::uint64_t requests = 0;          // in all
    std::uint64_t first = 0;             // the number of the first
    double rate = 0;                     // new requests a second over all clients; 0 = as fast as answers come
    double again = 0.05;                 // share of acknowledged requests that are sent once more, to another node perhaps
    std::chrono::seconds answer_patience{15};    // of one try
    std::chrono::seconds request_patience{180};  // of all tries of one request
};

struct PersistentCounts {
    std::uint64_t acknowledged = 0;
    std::uint64_t tries = 0;
    std::uint64_t asked_again = 0;             // acknowledged ones that were sent once more and answered
    std::map<int, std::uint64_t> statuses;     // of all tries; 0: no whole answer came
    std::vector<std::string> surprises;        // what must not be: another answer than before, a refusal, no answer at all; the first few
    std::uint64_t surprises_in_all = 0;
    double seconds = 0;
    std::vector<std::int64_t> latencies_us;    // from the first try to the acknowledgement
};

// Request n is the bytes of `make(n)`, the same at each try. 201 acknowledges it, and `acknowledged(n, location)` is called once,
// before the client goes on; calls are serialised, `make` is not. Asking again is the remedy for no answer, 409 (the first try is
// still under way), 429, 503 and 504, which must bring a Retry-After if they are 429 or 503.
PersistentCounts run_persistent(const PersistentOptions& options, const std::function<std::string(std::uint64_t)>& make,
                                const std::function<void(std::uint64_t, std::string_view)>& acknowledged);

}  // namespace granary::load
