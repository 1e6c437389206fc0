// The client side ends its calls when it is destroyed, as the real one does.
#include "tests/cluster/network.hpp"

#include <utility>

#include "platform/host/cluster/peer_calls.hpp"

namespace granary::test {

class NetworkClient final : public ports::HttpClient {
  public:
    explicit NetworkClient(Network& network) : network_(network) {}
    ~NetworkClient() override {
        std::map<std::uint64_t, Done> open;
        {
            std::unique_lock lock(calls_->mutex);
            calls_->closed = true;
            open.swap(calls_->open);
        }
        for (auto& [id, done] : open) done(fault(FaultCode::timed_out, "the client was closed"));
        std::unique_lock lock(calls_->mutex);
        calls_->ended.wait(lock, [this] { return calls_->running == 0; });
    }

    void send(ports::HttpCall call, std::function<void(Result<ports::HttpReply>)> done) override {
        std::uint64_t id = 0;
        {
            const std::scoped_lock lock(calls_->mutex);
            if (calls_->closed) return done(fault(FaultCode::unavailable, "the client is closed"));
            id = ++calls_->next;
            calls_->open.emplace(id, std::move(done));
        }
        network_.carry(call, [calls = calls_, id](Result<ports::HttpReply> reply) { finish(*calls, id, std::move(reply)); });
    }

  private:
    using Done = std::function<void(Result<ports::HttpReply>)>;
    struct Calls {
        std::mutex mutex;
        std::condition_variable ended;
        std::map<std::uint64_t, Done> open;
        std::uint64_t next = 0;
        std::size_t running = 0;
        bool closed = false;
    };
    static void finish(Calls& calls, std::uint64_t id, Result<ports::HttpReply> reply) {
        Done done;
        {
            const std::scoped_lock lock(calls.mutex);
            const auto found = calls.open.find(id);
            if (found == calls.open.end()) return;
            done = std::move(found->second);
            calls.open.erase(found);
            ++calls.running;
        }
        done(std::move(reply));
        const std::scoped_lock lock(calls.mutex);
        --calls.running;
        calls.ended.notify_all();
    }

    Network& network_;
    std::shared_ptr<Calls> calls_ = std::make_shared<Calls>();
};

void Network::connect(const std::string& url, PeerDesk& desk) {
    const std::scoped_lock lock(mutex_);
    desks_[url] = &desk;
}

void Network::disconnect(const std::string& url) {
    const std::scoped_lock lock(mutex_);
    desks_.erase(url);
    stalled_.erase(url);
}

void Network::stall(const std::string& url, bool stalled) {
    const std::scoped_lock lock(mutex_);
    if (stalled) stalled_.insert(url);
    else stalled_.erase(url);
}

bool Network::one_in(std::uint32_t count) { return count != 0 && random_() % count == 0; }

std::unique_ptr<ports::HttpClient> Network::client() { return std::make_unique<NetworkClient>(*this); }

void Network::carry(const ports::HttpCall& call, const std::function<void(Result<ports::HttpReply>)>& done) {
    const std::size_t slash = call.url.find('/', std::string_view("http://").size());
    const std::string url = call.url.substr(0, slash);
    std::string signature;
    for (const auto& header : call.headers) {
        if (header.name == peer_signature_header) signature = header.value;
    }
    std::unique_lock lock(mutex_);
    const auto desk = desks_.find(url);
    const bool unsent = desk == desks_.end() || one_in(lose_calls_one_in_);
    const bool silent = !unsent && stalled_.contains(url);
    const bool lost = !unsent && one_in(lose_one_in_);
    if (unsent || silent) {
        lock.unlock();
        return done(fault(unsent ? FaultCode::unavailable : FaultCode::timed_out, unsent ? "no connection" : "no answer in time"));
    }
    // Handed over under the lock: who disconnects knows that nobody is at its desk any more. Desks never wait.
    desk->second->handle(call.url.substr(slash), signature, call.body, [done, lost](const PeerReply& reply) {
        if (lost) return done(fault(FaultCode::timed_out, "the answer was lost"));
        done(ports::HttpReply{reply.status, {{std::string(peer_signature_header), reply.signature}}, reply.body});
    });
}

}  // namespace granary::test
