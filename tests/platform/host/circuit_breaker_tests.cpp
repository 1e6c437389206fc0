// When the circuit opens, how it is probed and closed again, and what the guard lets through.
#include "platform/host/circuit_breaker.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <utility>
#include <vector>

#include "platform/host/guarded_http_client.hpp"

using namespace granary;

namespace {

constexpr CircuitRules rules{.failures_to_open = 3, .pause_first = seconds(1), .pause_max = seconds(3), .probes_max = 1};

void fail_at(CircuitBreaker& circuit, Duration now) {
    REQUIRE(circuit.admit(now));
    circuit.failed(now);
}

// Open since `seconds(0)`.
CircuitBreaker open_circuit() {
    CircuitBreaker circuit(rules);
    for (int i = 0; i < 3; ++i) fail_at(circuit, {});
    return circuit;
}

class HandClock final : public ports::Clock {
  public:
    Time now() const override { return {}; }
    Duration monotonic() const override { return at; }
    Duration at;
};

// Keeps calls until the test answers them.
class HeldClient final : public ports::HttpClient {
  public:
    void send(ports::HttpCall, std::function<void(Result<ports::HttpReply>)> done) override { held.push_back(std::move(done)); }
    void answer(Result<ports::HttpReply> result) {
        REQUIRE_FALSE(held.empty());
        auto done = std::move(held.front());
        held.erase(held.begin());
        done(std::move(result));
    }
    std::vector<std::function<void(Result<ports::HttpReply>)>> held;
};

Result<ports::HttpReply> reply(int status) { return ports::HttpReply{.status = status, .headers = {}, .body = {}}; }

struct Guarded {
    HandClock clock;
    HeldClient inner;
    GuardedHttpClient client{inner, clock, {.calls_in_flight_max = 2, .circuit = rules}};
    std::vector<Result<ports::HttpReply>> results;

    void send() {
        client.send({}, [this](Result<ports::HttpReply> result) { results.push_back(std::move(result)); });
    }
};

}  // namespace

TEST_CASE("the circuit opens after failures in a row, not after as many with a success between") {
    CircuitBreaker circuit(rules);
    fail_at(circuit, {});
    fail_at(circuit, {});
    REQUIRE(circuit.admit({}));
    circuit.succeeded();
    fail_at(circuit, {});
    fail_at(circuit, {});
    CHECK(circuit.state() == CircuitBreaker::State::closed);
    fail_at(circuit, {});
    CHECK(circuit.state() == CircuitBreaker::State::open);
    CHECK_FALSE(circuit.admit(milliseconds(999)));
}

TEST_CASE("after the pause a probe is let through, and its success closes the circuit") {
    CircuitBreaker circuit = open_circuit();
    REQUIRE(circuit.admit(seconds(1)));
    CHECK(circuit.state() == CircuitBreaker::State::half_open);
    CHECK_FALSE(circuit.admit(seconds(1)));
    circuit.succeeded();
    CHECK(circuit.state() == CircuitBreaker::State::closed);
    CHECK(circuit.admit(seconds(1)));
    CHECK(circuit.admit(seconds(1)));
}

TEST_CASE("a failing probe opens it again, for twice as long up to a maximum") {
    CircuitBreaker circuit = open_circuit();
    fail_at(circuit, seconds(1));
    CHECK_FALSE(circuit.admit(milliseconds(2999)));
    fail_at(circuit, seconds(3));
    CHECK_FALSE(circuit.admit(milliseconds(5999)));
    fail_at(circuit, seconds(6));
    CHECK_FALSE(circuit.admit(milliseconds(8999)));
    CHECK(circuit.admit(seconds(9)));
}

TEST_CASE("a probe that came to nothing makes room for another") {
    CircuitBreaker circuit = open_circuit();
    REQUIRE(circuit.admit(seconds(1)));
    circuit.abandoned();
    CHECK(circuit.admit(seconds(1)));
}

TEST_CASE("failures of calls from before it opened don't lengthen the pause") {
    CircuitBreaker circuit(rules);
    for (int i = 0; i < 4; ++i) REQUIRE(circuit.admit({}));
    for (int i = 0; i < 4; ++i) circuit.failed({});
    CHECK(circuit.admit(seconds(1)));
}

TEST_CASE("the guard sends no more than its limit at once, and frees the place of a call that came back") {
    Guarded g;
    g.send();
    g.send();
    g.send();
    REQUIRE(g.results.size() == 1);
    CHECK(g.results[0].error().code == FaultCode::unavailable);
    CHECK(g.inner.held.size() == 2);
    g.inner.answer(reply(200));
    g.send();
    CHECK(g.inner.held.size() == 2);
}

TEST_CASE("the guard counts faults and server errors as failures, refusals as signs of life") {
    Guarded g;
    const auto one = [&](Result<ports::HttpReply> result) {
        g.send();
        g.inner.answer(std::move(result));
    };
    one(reply(500));
    one(fault(FaultCode::timed_out, "no answer"));
    one(reply(402));
    one(reply(503));
    one(fault(FaultCode::unavailable, "no connection"));
    CHECK(g.client.state() == CircuitBreaker::State::closed);
    one(reply(500));
    CHECK(g.client.state() == CircuitBreaker::State::open);
    g.send();
    CHECK(g.results.back().error().code == FaultCode::unavailable);
    CHECK(g.inner.held.empty());
    g.clock.at = seconds(1);
    one(reply(200));
    CHECK(g.client.state() == CircuitBreaker::State::closed);
}

TEST_CASE("a call outlives its guard") {
    HandClock clock;
    HeldClient inner;
    bool answered = false;
    {
        GuardedHttpClient client(inner, clock);
        client.send({}, [&](Result<ports::HttpReply> result) { answered = result.has_value(); });
    }
    inner.answer(reply(200));
    CHECK(answered);
}
