// Each call is answered once: by the other side, or by its deadline.
#include "tests/simulation/network.hpp"

#include <utility>

#include "platform/host/cluster/peer_calls.hpp"

namespace granary::simulation {

class NetworkClient final : public ports::HttpClient {
  public:
    NetworkClient(Network& network, Fuse& fuse, Network::Inside inside) : network_(network), fuse_(fuse), open_(std::make_shared<Open>()) { open_->inside = std::move(inside); }
    ~NetworkClient() override { open_->closed = true; }

    void send(ports::HttpCall call, std::function<void(Result<ports::HttpReply>)> done) override;

  private:
    using Done = std::function<void(Result<ports::HttpReply>)>;
    struct Open {
        std::map<std::uint64_t, Done> calls;
        std::uint64_t next = 0;
        bool closed = false;
        Network::Inside inside;
    };
    static void finish(const std::shared_ptr<Open>& open, std::uint64_t id, Result<ports::HttpReply> reply) {
        if (open->closed || !open->calls.contains(id)) return;
        open->inside([open, id, reply = std::move(reply)]() mutable {
            const auto found = open->calls.find(id);
            if (open->closed || found == open->calls.end()) return;
            const Done done = std::move(found->second);
            open->calls.erase(found);
            done(std::move(reply));
        });
    }
    static void hand_over(Network& network, const std::shared_ptr<Open>& open, std::uint64_t id, const std::shared_ptr<const ports::HttpCall>& call, Duration until);

    Network& network_;
    Fuse& fuse_;
    std::shared_ptr<Open> open_;
};

std::unique_ptr<ports::HttpClient> Network::client(Fuse& fuse, Inside inside) { return std::make_unique<NetworkClient>(*this, fuse, std::move(inside)); }

Duration Network::delay() {
    Dice& dice = schedule_.dice();
    return dice.chance(faults.slow) ? dice.between(milliseconds(5), seconds(4)) : dice.between(Duration{50}, faults.latency_max);
}

void NetworkClient::send(ports::HttpCall call, std::function<void(Result<ports::HttpReply>)> done) {
    if (fuse_.stops()) return;
    Schedule& schedule = network_.schedule_;
    Dice& dice = schedule.dice();
    const NetworkFaults& faults = network_.faults;
    const std::uint64_t id = ++open_->next;
    open_->calls.emplace(id, std::move(done));
    network_.said_.push_back(call.body);
    if (dice.chance(faults.refused)) {
        schedule.after(network_.delay(), [open = open_, id] { finish(open, id, fault(FaultCode::unavailable, "no connection")); });
        return;
    }
    const Duration until = schedule.now() + call.deadline;
    schedule.at(until, [open = open_, id] { finish(open, id, fault(FaultCode::timed_out, "no answer in time")); });
    if (dice.chance(faults.lost)) return;
    const auto sent = std::make_shared<const ports::HttpCall>(std::move(call));
    const int copies = dice.chance(faults.repeated) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        schedule.after(network_.delay(), [&network = network_, open = open_, id, sent, until] { hand_over(network, open, id, sent, until); });
    }
}

void NetworkClient::hand_over(Network& network, const std::shared_ptr<Open>& open, std::uint64_t id, const std::shared_ptr<const ports::HttpCall>& call, Duration until) {
    const std::size_t slash = call->url.find('/', std::string_view("http://").size());
    const auto door = network.doors_.find(call->url.substr(0, slash));
    if (door == network.doors_.end()) return finish(open, id, fault(FaultCode::unavailable, "no connection"));
    std::string signature;
    for (const auto& header : call->headers) {
        if (header.name == peer_signature_header) signature = header.value;
    }
    const bool taken = door->second(call->url.substr(slash), signature, call->body, [&network, open, id](PeerReply reply) {
        if (network.schedule_.dice().chance(network.faults.unanswered)) return;
        network.schedule_.after(network.delay(), [open, id, reply = std::move(reply)] {
            finish(open, id, ports::HttpReply{reply.status, {{std::string(peer_signature_header), reply.signature}}, reply.body});
        });
    });
    // The connection stands; the process on the other side reads it when it goes on.
    if (!taken && network.schedule_.now() < until + seconds(5)) {
        network.schedule_.after(milliseconds(100), [&network, open, id, call, until] { hand_over(network, open, id, call, until); });
    }
}

}  // namespace granary::simulation
