// What a node does for its peers: decides commands of partitions that it holds, and lets go of those that it is asked for.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "platform/host/cluster/held_partitions.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/owners.hpp"

namespace granary {

struct PeerDeskOptions {
    ports::CommandBus& local;
    const HeldPartitions& held;
    const ports::Owners& owners;
    const ports::Clock& clock;
    ports::LogIdentity log;
    std::string secret;
    std::function<void(Partition, std::function<void(ports::LetGo)>)> let_go;
};

struct PeerReply {
    int status = 200;       // 401 not signed by a peer, 404, 400 not what a peer says, 409 a node of another log
    std::string signature;  // of a 200
    std::string body;
};

// Thread-safe. All options outlive it and every call.
class PeerDesk {
  public:
    explicit PeerDesk(PeerDeskOptions options) : options_(std::move(options)) {}

    // `done` is called exactly once, on any thread.
    void handle(std::string_view target, std::string_view signature, std::string_view body, std::function<void(PeerReply)> done);

  private:
    using Send = std::function<void(int status, std::string body)>;

    bool is_of_this_log(std::uint64_t hi, std::uint64_t lo) const { return Uuid{hi, lo} == options_.log.id; }
    void take_commands(std::string_view body, const Send& send);
    void take_let_go(std::string_view body, const Send& send);

    const PeerDeskOptions options_;
};

}  // namespace granary
