// What makes a node one of several: its ear for the others, who owns what, and the way of commands to their owners.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "gateway/http/server.hpp"
#include "platform/host/cluster/held_partitions.hpp"
#include "platform/host/cluster/owner_directory.hpp"
#include "platform/host/cluster/peer_calls.hpp"
#include "platform/host/cluster/peer_desk.hpp"
#include "platform/host/cluster/routing_bus.hpp"
#include "platform/ports/http_client.hpp"
#include "platform/ports/membership.hpp"

namespace granary {
namespace command_side {
class CommandHost;
}
}  // namespace granary

namespace granary::cli {

struct ClusterOptions {
    std::string secret_file;            // shared by all nodes of a log; empty: this node is alone
    std::string listen = "127.0.0.1:0";  // for other nodes only; clients have an address of their own
    std::string advertise;              // where others reach `listen`; empty: at the address that it has

    bool alone() const { return secret_file.empty(); }
};

// Its bytes without a line's end. invalid_argument: unreadable, open to others than its owner and group, too short or too long.
Result<std::string> read_cluster_secret(const std::string& file);

// Made before the command side and ended after it.
class Cluster {
  public:
    // Listens; answers `elsewhere` until `attach`. All references outlive the cluster.
    static Result<std::unique_ptr<Cluster>> start(const ClusterOptions& options, std::string secret, ports::Store& state, const ports::LogIdentity& log,
                                                  const ports::Clock& clock);
    ~Cluster();

    const std::string& url() const { return url_; }
    HeldPartitions& held() { return held_; }
    OwnerDirectory& owners() { return *owners_; }
    RoutingBus& bus() { return *bus_; }
    // For CommandHostOptions.
    std::function<void(Partition, std::string, std::function<void(ports::LetGoAnswer)>)> ask_to_let_go();

    // From now on commands of others are decided by `host`, which outlives the next detach.
    void attach(command_side::CommandHost& host);
    // Ends the talk with other nodes; what is on its way is answered unavailable or unknown.
    void stop();

  private:
    class LocalSide;
    Cluster(std::string url, std::string secret, const ports::LogIdentity& log, const ports::Clock& clock);
    void answer(http::Request&& request, http::Responder responder);

    std::string url_;
    const std::string secret_;
    const ports::LogIdentity log_;
    const ports::Clock& clock_;
    HeldPartitions held_;
    std::unique_ptr<OwnerDirectory> owners_;
    std::unique_ptr<LocalSide> local_;
    std::unique_ptr<RoutingBus> bus_;
    std::unique_ptr<ports::HttpClient> client_;
    std::unique_ptr<PeerCalls> peers_;
    std::unique_ptr<PeerDesk> desk_;
    std::unique_ptr<http::Server> server_;
    bool stopped_ = false;
};

}  // namespace granary::cli
