// Three whole nodes (shards, sagas, views, routing) in one process: one log, one group, one network between them.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "command-side/runtime/command_host.hpp"
#include "platform/adapters/memory/memory_connection.hpp"
#include "platform/adapters/memory/memory_group.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/host/cluster/held_partitions.hpp"
#include "platform/host/cluster/owner_directory.hpp"
#include "platform/host/cluster/peer_calls.hpp"
#include "platform/host/cluster/peer_desk.hpp"
#include "platform/host/cluster/routing_bus.hpp"
#include "projections/runtime/projection_host.hpp"
#include "sagas/runtime/saga_host.hpp"
#include "tests/cluster/network.hpp"
#include "tests/cluster/outside_world.hpp"

namespace granary::test {

constexpr std::uint32_t cluster_partitions = 6;
constexpr std::string_view cluster_secret = "a secret of at least thirty-two bytes";

// What outlives a node's process.
struct Surroundings {
    explicit Surroundings(std::uint64_t seed) : network(seed) {}

    memory::MemoryLog log{{{0x77, 0x88}, cluster_partitions}};
    memory::MemoryGroup group{cluster_partitions};
    Network network;
    OutsideWorld outside;
    SystemClock clock;
};

struct Disk {
    memory::MemoryStore state, sagas, views;
};

// Gives its command to the host once there is one.
class LocalSide final : public ports::CommandBus {
  public:
    void submit(ports::CommandRequest request, std::function<void(ports::CommandAnswer)> done) override { host->submit(std::move(request), std::move(done)); }
    std::unique_ptr<command_side::CommandHost> host;
};

// One process.
class ClusterNode {
  public:
    ClusterNode(Surroundings& around, Disk& disk, std::uint16_t life, std::string url);
    ~ClusterNode();

    // In order, as for a restart: hands over, then ends.
    void shut_down();
    // As kill -9: nothing more leaves it, and the group notices.
    void kill();
    // As SIGSTOP, and the group notices; then as SIGCONT, and it believes for a while that nothing was.
    void stall();
    void wake();

    ports::CommandBus& bus() { return *bus_; }
    const RoutingBus& routing() const { return *bus_; }
    command_side::CommandHost& commands() { return *local_.host; }
    sagas::SagaHost& sagas() { return *sagas_; }
    projections::ProjectionHost& views() { return *views_; }
    const std::string& url() const { return url_; }

  private:
    void end();

    Surroundings& around_;
    const std::string url_;
    memory::MemoryConnection log_;
    HeldPartitions held_{cluster_partitions};
    std::unique_ptr<OwnerDirectory> owners_;
    LocalSide local_;
    std::unique_ptr<ports::HttpClient> client_;
    std::unique_ptr<PeerCalls> peers_;
    std::unique_ptr<PeerDesk> desk_;
    std::unique_ptr<RoutingBus> bus_;
    std::unique_ptr<ports::Membership> membership_;
    std::unique_ptr<projections::ProjectionHost> views_;
    std::unique_ptr<sagas::SagaHost> sagas_;
    bool ended_ = false;
};

}  // namespace granary::test
