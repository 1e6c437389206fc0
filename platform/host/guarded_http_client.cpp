// The gate is shared with the calls in flight, so that it outlives the guard until the last has come back.
#include "platform/host/guarded_http_client.hpp"

#include <mutex>
#include <utility>

namespace granary {

struct GuardedHttpClient::Gate {
    Gate(const ports::Clock& gate_clock, const GuardOptions& gate_options)
        : clock(gate_clock), options(gate_options), circuit(gate_options.circuit) {}

    const ports::Clock& clock;
    const GuardOptions options;
    std::mutex mutex;
    CircuitBreaker circuit;
    std::size_t in_flight = 0;

    // Null when the call may be made.
    const char* refusal() {
        const std::lock_guard lock(mutex);
        if (in_flight >= options.calls_in_flight_max) return "too many calls to this server are under way";
        if (!circuit.admit(clock.monotonic())) return "the circuit is open: this server failed too often";
        ++in_flight;
        return nullptr;
    }

    void leave(const Result<ports::HttpReply>& result) {
        const std::lock_guard lock(mutex);
        --in_flight;
        if (!result && result.error().code == FaultCode::invalid_argument) return circuit.abandoned();
        if (!result || result->status >= 500) return circuit.failed(clock.monotonic());
        circuit.succeeded();
    }
};

GuardedHttpClient::GuardedHttpClient(ports::HttpClient& inner, const ports::Clock& clock, GuardOptions options)
    : inner_(&inner), gate_(std::make_shared<Gate>(clock, options)) {}

void GuardedHttpClient::send(ports::HttpCall call, std::function<void(Result<ports::HttpReply>)> done) {
    if (const char* why = gate_->refusal()) return done(fault(FaultCode::unavailable, why));
    inner_->send(std::move(call), [gate = gate_, done = std::move(done)](Result<ports::HttpReply> result) {
        gate->leave(result);
        done(std::move(result));
    });
}

CircuitBreaker::State GuardedHttpClient::state() const {
    const std::lock_guard lock(gate_->mutex);
    return gate_->circuit.state();
}

}  // namespace granary
