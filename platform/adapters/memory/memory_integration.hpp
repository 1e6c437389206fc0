// Topics of integration events and their group in memory, for tests: deterministic, and able to fail at any moment.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "platform/ports/integration_broker.hpp"

namespace granary::memory {

// Thread-safe. Outlives its members, among which partitions are spread evenly in the order of joining.
class MemoryIntegration {
  public:
    explicit MemoryIntegration(std::uint32_t partitions) : partitions_(partitions) {}

    // Joins with its first poll; destroying it is leaving.
    std::unique_ptr<ports::IntegrationBroker> member();

    // Of all topics, in the order of being stored.
    std::vector<ports::OutgoingEvent> events() const;
    std::map<Partition, ports::PublishedUpTo> kept() const;
    // As operators do with the broker's own tools, while nobody publishes.
    void set_position(Partition partition, Offset next);

    // The next publish stores this many events and fails.
    void fail_publish(std::size_t stored, FaultCode code = FaultCode::timed_out);
    // The next keep fails; `kept`: the group has the positions nonetheless.
    void fail_keep(bool kept);
    void fail_poll();

  private:
    friend class MemoryIntegrationMember;
    struct Planned {
        std::size_t stored;
        FaultCode code;
    };

    void spread();  // with mutex_ held

    const std::uint32_t partitions_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<ports::OutgoingEvent> events_;
    std::map<Partition, ports::PublishedUpTo> kept_;
    std::vector<class MemoryIntegrationMember*> members_;
    std::optional<Planned> publish_fails_;
    std::optional<bool> keep_fails_;
    bool poll_fails_ = false;
};

}  // namespace granary::memory
