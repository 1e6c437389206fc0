// A group of nodes in one process, for tests and the simulator: who joins gets an even share, and tests may say otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "platform/ports/membership.hpp"

namespace granary::memory {

// Thread-safe. Outlives its members. Members are told on the thread that changes something.
class MemoryGroup {
  public:
    explicit MemoryGroup(std::uint32_t partitions) : partitions_(partitions) {}

    // One node's membership. Destroying it is leaving.
    std::unique_ptr<ports::Membership> member(std::string url);

    // As when a broker has not heard of this node for too long: it is told so, unless `tell` is false, as when it is stalled, too.
    void lose_session(const std::string& url, bool tell = true);
    void regain_session(const std::string& url);

  private:
    friend class MemoryMember;
    struct Member {
        std::string url;
        std::function<void(const ports::Suggestion&)> told;
        bool session = true;
        bool deaf = false;
    };

    void add(const std::string& url, std::function<void(const ports::Suggestion&)> told);
    void remove(const std::string& url);
    void spread();  // with mutex_ held

    const std::uint32_t partitions_;
    mutable std::mutex mutex_;
    std::vector<Member> members_;  // in the order of joining
};

}  // namespace granary::memory
