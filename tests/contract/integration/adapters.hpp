// The brokers of integration events under test, behind one shape.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/adapters/memory/memory_integration.hpp"

namespace granary::tests {

constexpr std::uint32_t shared_partitions = 4;
constexpr Duration event_patience = seconds(60);

class MemoryIntegrationCase {
  public:
    std::unique_ptr<ports::IntegrationBroker> member() { return brokers_.member(); }
    // All that is stored; of one key and topic in order.
    std::vector<ports::OutgoingEvent> events() { return brokers_.events(); }

  private:
    memory::MemoryIntegration brokers_{shared_partitions};
};

using Share = std::map<Partition, std::optional<ports::PublishedUpTo>>;

inline void poll_once(ports::IntegrationBroker& member, Share& share) {
    const auto changes = member.poll(milliseconds(20));
    if (!changes) {
        REQUIRE_MESSAGE(changes.error().retryable(), changes.error().message);
        return;
    }
    for (const auto partition : changes->gone) CHECK(share.erase(partition) == 1);
    for (const auto& came : changes->came) CHECK(share.emplace(came.partition, came.kept).second);
}

// Polls until the condition holds.
template <class Condition>
void poll_until(std::vector<std::pair<ports::IntegrationBroker*, Share*>> members, Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(event_patience.us);
    while (!condition()) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        for (const auto& [member, share] : members) poll_once(*member, *share);
    }
}

inline ports::OutgoingEvent event_of(std::string topic, std::string key, std::string body) {
    return {std::move(topic), std::move(key), {{"content-type", "application/json"}, {"ce_id", body}}, std::move(body)};
}

// Keeps them, over rebalances that the group has not finished.
inline void keep_all(ports::IntegrationBroker& member, Share& share, const std::vector<ports::KeptPosition>& positions) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(event_patience.us);
    for (auto kept = member.keep(positions, event_patience); !kept; kept = member.keep(positions, event_patience)) {
        REQUIRE_MESSAGE(kept.error().retryable(), kept.error().message);
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        poll_once(member, share);
    }
}

}  // namespace granary::tests

TYPE_TO_STRING_AS("memory", granary::tests::MemoryIntegrationCase);
#ifdef GRANARY_EVENTS_ON_KAFKA  // the same suite in a program of its own, which takes brokers
#include "tests/contract/integration/kafka_integration_case.hpp"
#define GRANARY_INTEGRATION_CASE(name) TEST_CASE_TEMPLATE(name, Case, granary::tests::KafkaIntegrationCase)
#else
#define GRANARY_INTEGRATION_CASE(name) TEST_CASE_TEMPLATE(name, Case, granary::tests::MemoryIntegrationCase)
#endif
