// What both houses need: where to listen, where to keep the book, whom to tell, and how unreliably on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/http_client.hpp"
#include "platform/ports/store.hpp"

namespace granary::house {

struct CallbackOptions {
    // `http://host:port/v1/callbacks/payments`, one or more that lead to the same shop: told in turn, so that one that is down
    // only delays. None: keep them until there is one.
    std::vector<std::string> urls;
    std::string secret;  // the key of the signature (docs/callbacks.md)
    std::size_t in_flight_max = limits::house_callbacks_in_flight_max;
    std::size_t waiting_max = limits::house_callbacks_waiting_max;  // more, and the house answers 503 to what would make one
    std::uint32_t attempts_max = limits::house_callback_attempts_max;
    Duration deadline = limits::provider_call_deadline;
    Duration pause_first = milliseconds(100);  // before the second attempt, then twice as long each time
    Duration pause_max = seconds(30);
    bool of_answered_calls = true;       // also tell what the caller was told in the answer to its own call
    // For tests. The same seed and the same requests in the same order give the same faults.
    Duration shuffle_window;             // each is held back by a random part of this, so that they come in any order
    std::uint32_t duplicate_one_in = 0;  // this share is sent twice; 0 = none
    std::uint64_t seed = 0;
};

// Store, clock and client must outlive the house.
struct HouseOptions {
    std::string listen = "127.0.0.1:0";
    ports::Store* store = nullptr;
    const ports::Clock* clock = nullptr;
    ports::HttpClient* client = nullptr;  // for callbacks
    ports::Durability durability = ports::Durability::device;  // of the book; many changes share one write
    CallbackOptions callbacks;
    bool background = true;  // its work gives way to that of others on this machine
};

// Counted since start; for metrics and tests.
struct HouseCounts {
    std::uint64_t requests = 0;
    std::uint64_t writes = 0;              // batches of the book
    std::uint64_t callbacks_sent = 0;      // attempts
    std::uint64_t callbacks_accepted = 0;  // answered with 2xx
    std::uint64_t callbacks_given_up = 0;  // refused for good, or tried too often
    std::uint64_t callbacks_waiting = 0;   // now, in flight included
};

}  // namespace granary::house
