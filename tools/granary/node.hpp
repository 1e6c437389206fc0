// One running node: the composition root that opens the data directory and connects log, shards, sagas, views and gateway.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "tools/granary/cluster.hpp"
#include "tools/granary/data_directory.hpp"
#include "tools/granary/integration.hpp"
#include "tools/granary/log_choice.hpp"

namespace granary::cli {

// What a node does. Views are folded everywhere: a node learns from them who owns what.
struct Roles {
    bool command = true;  // holds partitions, and drives their sagas
    bool gateway = true;  // answers clients; without it only /admin, /livez, /readyz and /metrics are there
    bool integration = false;  // publishes integration events
};

struct NodeOptions {
    DataDirectory data;
    LogChoice log;
    std::string listen = "127.0.0.1:8080";
    std::string name = "node-1";                              // in claims and logs
    std::uint32_t partitions = limits::partitions_default;    // of a log that is made now; an existing one keeps its own
    std::uint32_t http_threads = 1;
    std::size_t http_connections_max = limits::http_connections_max;
    std::uint32_t command_threads = 1;
    bool rate_limit = true;
    std::uint64_t disk_free_min_bytes = limits::disk_free_min_bytes;  // with less room, commands are refused
    Duration carrier_delay = milliseconds(200);               // between a parcel's steps at the house carrier
    Roles roles;
    ClusterOptions cluster;
    std::string api_keys;      // folder of the API keys; empty: in the data directory
    std::string payments_url;  // of a provider and a carrier that run elsewhere; empty: this node runs the house's own
    std::string carrier_url;
    std::string integration_prefix;  // of the names of the topics of integration events
};

// Owns everything; parts are started from the log outwards and stopped the other way round.
class Node {
  public:
    // Returns when the node answers: every partition that it is told to hold is claimed, and the views have caught up with
    // the log.
    static Result<std::unique_ptr<Node>> start(const NodeOptions& options);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    // `http://127.0.0.1:8080`, with the port that was picked.
    std::string url() const;
    // Answers what is in flight, writes the last checkpoints and ends every thread; timed_out when that took longer.
    Status stop(Duration deadline);

  private:
    struct Parts;
    explicit Node(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace granary::cli
