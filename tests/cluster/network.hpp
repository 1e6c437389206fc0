// A network between the nodes of one process: calls go straight to the peer's desk, unless they are to be lost.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>

#include "platform/host/cluster/peer_desk.hpp"
#include "platform/ports/http_client.hpp"

namespace granary::test {

// Thread-safe.
class Network {
  public:
    explicit Network(std::uint64_t seed) : random_(seed) {}

    // From now on calls to `url` reach this desk. Disconnecting waits for calls that are being handed over.
    void connect(const std::string& url, PeerDesk& desk);
    void disconnect(const std::string& url);
    // A stalled node: calls to it begin, and nothing comes back.
    void stall(const std::string& url, bool stalled);
    // One in so many answers is lost; 0 = none.
    void lose_answers(std::uint32_t one_in) { lose_one_in_ = one_in; }
    // One in so many calls never begins.
    void lose_calls(std::uint32_t one_in) { lose_calls_one_in_ = one_in; }

    std::unique_ptr<ports::HttpClient> client();

  private:
    friend class NetworkClient;
    void carry(const ports::HttpCall& call, const std::function<void(Result<ports::HttpReply>)>& done);
    bool one_in(std::uint32_t count);

    std::recursive_mutex mutex_;  // an answer that comes at once may make its receiver call again
    std::mt19937_64 random_;
    std::map<std::string, PeerDesk*> desks_;
    std::set<std::string> stalled_;
    std::atomic<std::uint32_t> lose_one_in_ = 0;
    std::atomic<std::uint32_t> lose_calls_one_in_ = 0;
};

}  // namespace granary::test
