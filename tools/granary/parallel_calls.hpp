// Many HTTP calls, several at a time, each tried again as the API asks: for importers and load generators.
#pragma once

#include <cstddef>
#include <functional>

#include "core/time.hpp"
#include "platform/ports/http_client.hpp"

namespace granary::cli {

struct CallPolicy {
    std::size_t width = 32;           // calls under way at once
    std::size_t attempts_max = 60;    // of one call
    Duration pause_first = milliseconds(50);  // before the second attempt; doubles up to pause_max
    Duration pause_max = seconds(2);
    Duration retry_after_max = seconds(10);   // a server's Retry-After is waited for, if it is no longer than this; else so long
    std::function<bool()> give_up;            // asked after each reply: true = nothing more is sent, calls under way are let be
};

struct CallCounts {
    std::size_t calls = 0;    // answered for good
    std::size_t retries = 0;  // attempts beyond each call's first
};

// Makes call i with `make(i)` for i in [0, count), in order of i as places come free, and hands each final reply to
// `done(i, reply)` on the calling thread. A call is tried again when the reply is 429, 503, `retry_on` says so, or its
// outcome is unknown; the same call is sent again, so a POST must carry its Idempotency-Key (a retry that meets its own
// first attempt, 409 key_in_flight, waits for it). Returns when all are done,
// or given up.
CallCounts run_calls(ports::HttpClient& client, const CallPolicy& policy, std::size_t count, const std::function<ports::HttpCall(std::size_t)>& make,
                     const std::function<void(std::size_t, const Result<ports::HttpReply>&)>& done,
                     const std::function<bool(const ports::HttpReply&)>& retry_on = nullptr);

}  // namespace granary::cli
