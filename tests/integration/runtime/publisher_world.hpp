// A log with a shop's history, brokers in memory and a clock that a test sets.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "integration/runtime/publisher.hpp"
#include "platform/adapters/memory/memory_integration.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "tests/projections/history.hpp"

namespace granary::testing {

class SetClock final : public ports::Clock {
  public:
    Time now() const override { return {noon.unix_us + passed.us}; }
    Duration monotonic() const override { return passed; }
    Duration passed;
};

struct PublisherWorld {
    static constexpr std::uint32_t partitions = 4;

    memory::MemoryLog log{{{7, 7}, partitions}};
    memory::MemoryIntegration brokers{partitions};
    History history{log};
    SetClock clock;
    std::vector<std::string> notices;

    integration::PublisherOptions options(ports::IntegrationBroker& broker) {
        return {log, broker, clock, [this](std::string_view text) { notices.emplace_back(text); }};
    }

    // Three events of one order: two commits of its stream, one of its payment.
    void order(std::uint64_t number) {
        const auto id = order_id(number);
        history.append(order_stream(id), {orders::Event(placed(id, customer_id(number), {{"APPLE", 1, 10'000}}))});
        history.append(payment_stream(payment_id(number), id), {payments::Event(captured(payment_id(number), id, pounds(100)))});
        history.append(order_stream(id), {orders::Event(paid(id, payment_id(number), pounds(100)))});
    }
    // What others are told of one.
    static constexpr std::size_t messages_of_order = 4;
};

inline std::string header(const ports::OutgoingEvent& event, std::string_view name) {
    for (const auto& [key, value] : event.headers) {
        if (key == name) return value;
    }
    return {};
}

// What a reader sees that passes over what it has seen: in order per key and topic by ce_sequence, and no event differs from
// its repetition. Returns the ids.
inline std::set<std::string> checked_ids(const std::vector<ports::OutgoingEvent>& events) {
    std::map<std::string, ports::OutgoingEvent> seen;
    std::map<std::pair<std::string, std::string>, std::string> newest;
    for (const auto& event : events) {
        const auto [at, fresh] = seen.emplace(header(event, "ce_id"), event);
        if (!fresh) {
            CHECK(at->second == event);
            continue;
        }
        auto& last = newest[{event.topic, event.key}];
        CHECK(last < header(event, "ce_sequence"));
        last = header(event, "ce_sequence");
    }
    std::set<std::string> ids;
    for (const auto& [id, event] : seen) ids.insert(id);
    return ids;
}

// Until there is nothing more to do, and nothing fails.
inline void publish_all(integration::Publisher& publisher, SetClock& clock) {
    for (int turns = 0; turns < 1000; ++turns) {
        if (publisher.turn({})) continue;
        const auto status = publisher.status();
        if (!status.failing && status.lag_records == 0 && status.partitions > 0) return;
        clock.passed = clock.passed + limits::integration_retry_max;
    }
    FAIL("the publisher does not come to an end");
}

}  // namespace granary::testing
