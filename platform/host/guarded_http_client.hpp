// Keeps one slow or dead server from taking everything else with it: bounded calls in flight and a circuit breaker.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "platform/host/circuit_breaker.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/http_client.hpp"

namespace granary {

struct GuardOptions {
    std::size_t calls_in_flight_max = limits::guarded_calls_in_flight_max;
    CircuitRules circuit;
};

// One for each remote server. Thread-safe. A call over the limit, or while the circuit is open, is `unavailable` at once
// on the caller's thread; nothing of it was sent. No reply, and a status from 500 on, count against the server. Client
// and clock must outlive the guard, which may go while calls are under way.
class GuardedHttpClient final : public ports::HttpClient {
  public:
    GuardedHttpClient(ports::HttpClient& inner, const ports::Clock& clock, GuardOptions options = {});

    void send(ports::HttpCall call, std::function<void(Result<ports::HttpReply>)> done) override;
    CircuitBreaker::State state() const;  // for metrics and health

  private:
    struct Gate;
    ports::HttpClient* inner_;
    std::shared_ptr<Gate> gate_;
};

}  // namespace granary
