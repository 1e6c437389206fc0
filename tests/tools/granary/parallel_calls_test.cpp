// Many calls of a server on a real socket: what is tried again, how often, and how many at a time.
#include "tools/granary/parallel_calls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "platform/adapters/http_client/http_client.hpp"
#include "tests/tools/granary/fake_server.hpp"

using namespace granary;
using namespace granary::cli;
using granary::tests::Asked;
using granary::tests::FakeServer;

namespace {

struct Outcome {
    CallCounts counts;
    std::map<std::size_t, int> statuses;       // by call; 0 = a fault
    std::map<std::size_t, std::size_t> times;  // how often `done` was called
};

const CallPolicy quick{8, 5, milliseconds(1), milliseconds(4), milliseconds(4)};

Outcome run(const std::string& url, std::size_t count, const CallPolicy& policy = quick, const std::function<bool(const ports::HttpReply&)>& retry_on = nullptr,
            ports::HttpClient* other = nullptr) {
    const auto own = http_client::make_http_client();
    Outcome outcome;
    const auto make = [&](std::size_t i) {
        ports::HttpCall call;
        call.method = "POST";
        call.url = url + "/" + std::to_string(i);
        call.headers = {{"idempotency-key", "key-" + std::to_string(i)}};
        return call;
    };
    const auto done = [&](std::size_t i, const Result<ports::HttpReply>& reply) {
        outcome.statuses[i] = reply ? reply->status : 0;
        ++outcome.times[i];
    };
    outcome.counts = run_calls(other != nullptr ? *other : *own, policy, count, make, done, retry_on);
    return outcome;
}

// Loses the answer of the first call to each path: the server has it, the caller can't know.
class LosingClient : public ports::HttpClient {
  public:
    void send(ports::HttpCall call, std::function<void(Result<ports::HttpReply>)> done) override {
        const bool lose = met_.insert(call.url).second;
        client_->send(std::move(call), [lose, done = std::move(done)](Result<ports::HttpReply> reply) {
            if (lose) reply = fault(FaultCode::timed_out, "the answer was lost");
            done(std::move(reply));
        });
    }

  private:
    std::set<std::string> met_;  // sends come from one thread
    std::unique_ptr<ports::HttpClient> client_ = http_client::make_http_client();
};

}  // namespace

TEST_CASE("each call is made and answered once when all goes well") {
    FakeServer server([](const Asked&) { return FakeServer::reply(201, ""); });
    const auto outcome = run(server.url(), 50);
    CHECK(outcome.counts.calls == 50);
    CHECK(outcome.counts.retries == 0);
    CHECK(outcome.times.size() == 50);
    CHECK(std::ranges::all_of(outcome.times, [](const auto& each) { return each.second == 1; }));
    CHECK(server.asked().size() == 50);
    CHECK(run(server.url(), 0).counts.calls == 0);
}

TEST_CASE("429, 503, a key in flight and what the hook says are tried again under the same key; other refusals are not") {
    std::map<std::string, int> asked;
    FakeServer server([&](const Asked& each) {
        if (++asked[each.path] > 1) return FakeServer::reply(each.path == "/4" ? 422 : 201, "");
        if (each.path == "/0") return FakeServer::reply(429, "", {{"retry-after", "3600"}});
        if (each.path == "/1") return FakeServer::reply(503, "");
        if (each.path == "/2") return FakeServer::reply(409, R"({"code":"key_in_flight"})");
        if (each.path == "/3") return FakeServer::reply(409, R"({"code":"illegal_transition"})");
        return FakeServer::reply(422, "");
    });
    SUBCASE("without a hook") {
        const auto outcome = run(server.url(), 5);
        CHECK(outcome.statuses == std::map<std::size_t, int>{{0, 201}, {1, 201}, {2, 201}, {3, 409}, {4, 422}});
        CHECK(outcome.counts.retries == 3);
    }
    SUBCASE("with one") {
        const auto outcome = run(server.url(), 5, quick, [](const ports::HttpReply& reply) { return reply.status == 409; });
        CHECK(outcome.statuses.at(3) == 201);
        CHECK(outcome.counts.retries == 4);
    }
    for (const auto& each : server.asked()) CHECK("/" + each.key.substr(4) == each.path);
}

TEST_CASE("attempts are bounded, and the last answer is the answer") {
    FakeServer server([](const Asked&) { return FakeServer::reply(503, ""); });
    const auto outcome = run(server.url(), 3);
    CHECK(outcome.statuses == std::map<std::size_t, int>{{0, 503}, {1, 503}, {2, 503}});
    CHECK(server.asked().size() == 3 * quick.attempts_max);
    CHECK(outcome.counts.retries == 3 * (quick.attempts_max - 1));
}

TEST_CASE("a call whose answer was lost is sent again under its key") {
    FakeServer server([](const Asked&) { return FakeServer::reply(201, ""); });
    LosingClient client;
    const auto outcome = run(server.url(), 4, quick, nullptr, &client);
    CHECK(outcome.counts.calls == 4);
    CHECK(outcome.counts.retries == 4);
    std::map<std::string, int> keys;
    for (const auto& each : server.asked()) ++keys[each.key];
    CHECK(keys == std::map<std::string, int>{{"key-0", 2}, {"key-1", 2}, {"key-2", 2}, {"key-3", 2}});
}

TEST_CASE("a server that is not there is tried as often as the policy says") {
    std::string url;
    {
        FakeServer gone([](const Asked&) { return FakeServer::reply(200, ""); });
        url = gone.url();
    }
    const auto outcome = run(url, 2);
    CHECK(outcome.statuses == std::map<std::size_t, int>{{0, 0}, {1, 0}});
    CHECK(outcome.counts.retries == 2 * (quick.attempts_max - 1));
}

TEST_CASE("as many calls are under way as the width, and no more") {
    constexpr std::size_t width = 4;
    FakeServer server([](const Asked&) { return FakeServer::reply(200, ""); });
    const auto client = http_client::make_http_client();
    CallPolicy policy = quick;
    policy.width = width;
    std::size_t under_way = 0, most = 0;  // both functions run on this thread
    const auto make = [&](std::size_t) {
        most = std::max(most, ++under_way);
        ports::HttpCall call;
        call.url = server.url() + "/";
        return call;
    };
    const auto counts = run_calls(*client, policy, width * 10, make, [&](std::size_t, const Result<ports::HttpReply>&) { --under_way; });
    CHECK(counts.calls == width * 10);
    CHECK(counts.retries == 0);
    CHECK(most == width);
}
