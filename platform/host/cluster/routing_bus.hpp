// The command bus of a node among others: commands go to the owner of their partition, here or over there.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/host/cluster/held_partitions.hpp"
#include "platform/host/cluster/peer_calls.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/owners.hpp"
#include "schemas/forwarding_messages.hpp"

namespace granary {

struct RoutingBusOptions {
    ports::CommandBus* local = nullptr;  // null on a node that holds no partitions
    const HeldPartitions& held;
    const ports::Owners& owners;
    PeerCalls& peers;
    const ports::Clock& clock;
    ports::LogIdentity log;
    std::string url;                                            // of this node
    std::function<std::vector<std::string>()> other_nodes = {};  // whom to ask when no owner is known, or not the right one; may name this one
};

struct RoutingCounts {
    std::uint64_t forwarded = 0;   // commands that went to another node
    std::uint64_t batches = 0;     // calls that carried them
    std::uint64_t redirected = 0;  // of the commands: sent on to a second node
    std::uint64_t failed = 0;      // answered `unavailable` or `unknown` because of the way
};

// Thread-safe. All options outlive it, and `peers` outlives no call of it: end the HTTP client first, then this.
class RoutingBus final : public ports::CommandBus {
  public:
    explicit RoutingBus(RoutingBusOptions options) : options_(std::move(options)), lanes_(options_.log.partitions) {}

    // As the port says. Answers of other nodes come on a thread of the HTTP client. unavailable: certainly nothing was done;
    // a call that was cut off is `unknown`, and may be repeated under its id.
    void submit(ports::CommandRequest request, std::function<void(ports::CommandAnswer)> done) override;

    // Sends nothing any more: what waits is answered `unavailable`.
    void close();
    RoutingCounts counts() const;

  private:
    struct Pending {
        ports::CommandRequest request;
        std::function<void(ports::CommandAnswer)> done;
        forwarding::CommandCallT call;
        std::size_t bytes = 0;
        Duration expires;   // monotonic
        std::string url;    // of the second node; empty at first
    };
    // One partition's commands on their way: a few calls at once, the rest waits and travels together.
    struct Lane {
        std::mutex mutex;
        std::deque<Pending> waiting;
        std::size_t in_flight = 0;
        std::optional<Offset> disproved;  // the claim whose node said that it is not the owner and knows of no newer one
        std::size_t guess = 0;            // which of the others is asked then
    };

    void forward(Partition partition, Pending&& pending);
    void pump(Partition partition);
    std::vector<Pending> take_batch(Lane& lane);
    std::string target_of_batch(Partition partition, const std::vector<Pending>& batch);
    std::vector<std::string> other_nodes() const;
    void doubt(Partition partition, bool is_heard);
    void send(Partition partition, std::vector<Pending>&& batch);
    void settle(Partition partition, const std::string& url, std::span<Pending> batch, const Result<std::string>& reply);
    void settle_one(Partition partition, const std::string& url, Pending& pending, const forwarding::CommandReplyT& reply, const std::string& owner_url);
    bool names_another(const Pending& pending, const std::string& asked, const std::string& owner_url) const;
    void redirect(Partition partition, const std::string& asked, Pending& pending, const std::string& owner_url);
    void fail(Pending& pending, ports::CommandAnswer answer);

    const RoutingBusOptions options_;
    std::vector<Lane> lanes_;
    std::atomic<bool> closed_ = false;
    std::atomic<std::size_t> under_way_ = 0;
    std::atomic<std::uint64_t> forwarded_ = 0, batches_ = 0, redirected_ = 0, failed_ = 0;
};

}  // namespace granary
