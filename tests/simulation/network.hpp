// The network between simulated nodes: calls that are lost, delayed, repeated or left without an answer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/host/cluster/peer_desk.hpp"
#include "platform/ports/http_client.hpp"
#include "tests/simulation/fuse.hpp"
#include "tests/simulation/schedule.hpp"

namespace granary::simulation {

struct NetworkFaults {  // thousandths of all calls
    std::uint32_t refused = 0;  // never begins, and the caller knows
    std::uint32_t lost = 0;     // never arrives
    std::uint32_t repeated = 0;
    std::uint32_t unanswered = 0;
    std::uint32_t slow = 0;     // there or back
    Duration latency_max = milliseconds(2);
};

class Network {
  public:
    explicit Network(Schedule& schedule) : schedule_(schedule) {}

    // Where calls to `url` are handed over; false: not now, as in a process that stands still.
    using Door = std::function<bool(std::string_view target, std::string_view signature, std::string_view body, std::function<void(PeerReply)>)>;

    NetworkFaults faults;
    void open(const std::string& url, Door door) { doors_[url] = std::move(door); }
    void close(const std::string& url) { doors_.erase(url); }
    // Of one life of a node: calls that are open when it is destroyed are never answered. `done` comes through `inside`.
    using Inside = std::function<void(std::function<void()>)>;
    std::unique_ptr<ports::HttpClient> client(Fuse& fuse, Inside inside);
    // Bodies of everything that nodes have asked one another.
    const std::vector<std::string>& said() const { return said_; }

  private:
    friend class NetworkClient;
    Duration delay();

    Schedule& schedule_;
    std::map<std::string, Door> doors_;
    std::vector<std::string> said_;
};

}  // namespace granary::simulation
