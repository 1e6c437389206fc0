// Follows every partition at its end, so that records of any writer are at hand at once, and clears up every doubt about
// where a partition ends and whether it still holds what it held.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/tail.hpp"

namespace granary::kafka {

class Follower {
  public:
    // Called on the follower's own thread, with partitions that have new records or were condemned.
    using Grown = std::function<void(const std::vector<Partition>&)>;

    // Returns when the newest records of every partition are at hand. Options and tail must outlive it. corrupt: a partition
    // does not begin at offset 0; else faults of the brokers.
    static Result<std::unique_ptr<Follower>> start(const LogOptions& options, Tail& tail, std::uint32_t partitions, Grown grown);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

  private:
    // A record that was at hand before this connection, and must be found in the log again.
    struct Check {
        Tail::Doubted doubted;
        Offset offset;
        SharedBytes record;
    };
    struct Connection {
        ClientHooks hooks;
        Client client;
        Topic topic;
        Queue queue;
        std::vector<std::optional<Check>> checks;  // per partition
    };

    Follower(const LogOptions& options, Tail& tail, std::uint32_t partitions, Grown grown);

    static void on_failure(rd_kafka_t* client, int error, const char* text, void* hooks);
    Status begin();
    Result<std::unique_ptr<Connection>> connect();
    Status follow(Connection& connection);
    Status compare_ends(rd_kafka_t* client, const std::vector<Partition>& partitions, Duration deadline);
    bool stays_short(Partition partition);
    void run();
    bool needs_connection(const Tail::Doubted& doubted) const;
    void reconnect();
    void settle_ends(const std::vector<Tail::Doubted>& doubted);
    void take_what_came();
    void take(const rd_kafka_message_t& message);
    void take_record(Partition partition, Offset offset, SharedBytes record);
    void check(std::optional<Check>& check, Partition partition, Offset offset, const SharedBytes& record);
    void condemn(Partition partition, const std::string& why);
    void tell_growth();

    const LogOptions& options_;
    Tail& tail_;
    const std::vector<Partition> partitions_;
    const Grown grown_;
    std::unique_ptr<Connection> connection_;  // null while there is none
    std::vector<bool> has_grown_;
    std::vector<std::optional<std::chrono::steady_clock::time_point>> short_since_;  // per partition
    std::atomic<bool> all_brokers_down_{false};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace granary::kafka
