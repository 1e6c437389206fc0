// What becomes of commands on their way when the way ends: each is answered once, and never with more certainty than there is.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "platform/host/cluster/held_partitions.hpp"
#include "platform/host/cluster/let_go_call.hpp"
#include "platform/host/cluster/owner_directory.hpp"
#include "platform/host/cluster/peer_calls.hpp"
#include "platform/host/cluster/routing_bus.hpp"
#include "schemas/command_codec.hpp"

namespace granary::test {
namespace {

using ports::CommandOutcome;

const ports::LogIdentity the_log{{5, 6}, 1};

// Keeps every call until it is told how they end.
class Outbox final : public ports::HttpClient {
  public:
    using Done = std::function<void(Result<ports::HttpReply>)>;

    void send(ports::HttpCall call, Done done) override {
        const std::scoped_lock lock(mutex_);
        open_.emplace_back(std::move(call), std::move(done));
    }
    std::optional<std::pair<ports::HttpCall, Done>> take() {
        const std::scoped_lock lock(mutex_);
        if (open_.empty()) return std::nullopt;
        auto first = std::move(open_.front());
        open_.pop_front();
        return first;
    }

  private:
    std::mutex mutex_;
    std::deque<std::pair<ports::HttpCall, Done>> open_;
};

ports::CommandRequest sample_request() {
    catalog::RetireProductT retire;
    retire.sku = Sku::from_stored("APPLE");
    ports::CommandRequest request;
    request.command = catalog::Command(std::move(retire));
    request.id = {{1, 2}};
    request.actor = "key_1";
    request.deadline = seconds(3);
    return request;
}

struct Way {
    Way() { owners->note({0}, {{1}, "n", "http://owner"}); }

    Outbox outbox;
    SystemClock clock;
    memory::MemoryStore store;
    std::unique_ptr<OwnerDirectory> owners = std::move(*OwnerDirectory::open(store, the_log.partitions));
    HeldPartitions held{the_log.partitions};
    PeerCalls calls{outbox, clock, "a secret of at least thirty-two bytes"};
    RoutingBus bus{{nullptr, held, *owners, calls, clock, the_log, "http://self"}};
};

CommandOutcome outcome_when(const Result<ports::HttpReply>& reply) {
    Way way;
    std::vector<CommandOutcome> heard;
    way.bus.submit(sample_request(), [&](const ports::CommandAnswer& answer) { heard.push_back(answer.outcome); });
    auto call = way.outbox.take();
    REQUIRE(call);
    call->second(reply);
    REQUIRE(heard.size() == 1);
    return heard.front();
}

TEST_CASE("only what was certainly not sent, or was turned away at the door, is unavailable") {
    for (const auto code : {FaultCode::unavailable, FaultCode::invalid_argument}) CHECK(outcome_when(fault(code, "not sent")) == CommandOutcome::unavailable);
    CHECK(outcome_when(ports::HttpReply{401, {}, {}}) == CommandOutcome::unavailable);
    for (const auto code : {FaultCode::timed_out, FaultCode::io_error, FaultCode::corrupt, FaultCode::conflict}) CHECK(outcome_when(fault(code, "who knows")) == CommandOutcome::unknown);
    for (const int status : {200, 400, 409, 413, 500, 503}) CHECK(outcome_when(ports::HttpReply{status, {}, "not signed"}) == CommandOutcome::unknown);
}

TEST_CASE("commands are sent once, and only what is harmless may be sent twice by itself") {
    Way way;
    const auto resends = [&] {
        const auto call = way.outbox.take();
        REQUIRE(call);
        return std::ranges::any_of(call->first.headers, [](const auto& header) { return header.name == "Idempotency-Key"; });
    };
    way.bus.submit(sample_request(), [](const ports::CommandAnswer&) {});
    CHECK_FALSE(resends());
    ask_to_let_go(way.calls, the_log, way.clock.now(), {0}, "http://owner", [](ports::LetGoAnswer) {});
    CHECK(resends());
}

TEST_CASE("whoever comes while the bus is closing is answered") {
    constexpr std::size_t submitters = 4;
    for (int round = 0; round < 100; ++round) {
        Way way;
        std::atomic<std::size_t> submitted = 0, answered = 0;
        std::atomic<bool> closed = false;
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < submitters; ++i) {
            threads.emplace_back([&] {
                while (!closed) {
                    ++submitted;
                    way.bus.submit(sample_request(), [&](const ports::CommandAnswer&) { ++answered; });
                }
            });
        }
        while (submitted < submitters * 8) std::this_thread::yield();
        way.bus.close();
        closed = true;
        threads.clear();
        while (auto call = way.outbox.take()) call->second(fault(FaultCode::timed_out, "the client was closed"));
        REQUIRE(answered == submitted);
    }
}

}  // namespace
}  // namespace granary::test
