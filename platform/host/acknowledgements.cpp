// One state per partition, behind one lock.
#include "platform/host/acknowledgements.hpp"

#include <chrono>
#include <string>

#include "core/check.hpp"
#include "platform/host/log_copy_limits.hpp"

namespace granary {

Acknowledgements::Acknowledgements(ports::Log& log) : log_(log), states_(log.identity().partitions) { log_.observe(*this); }

Acknowledgements::~Acknowledgements() { log_.stop_observing(*this); }

void Acknowledgements::start_at(Partition partition, Offset next) {
    const std::scoped_lock lock(mutex_);
    auto& state = states_[partition.number];
    GRANARY_CHECK(state.open == 0);
    state = {next, 0, std::nullopt};
}

void Acknowledgements::expect(Partition partition, std::size_t records) {
    const std::scoped_lock lock(mutex_);
    states_[partition.number].open += records;
}

void Acknowledgements::take_back(Partition partition, std::size_t records) {
    const std::scoped_lock lock(mutex_);
    states_[partition.number].open -= records;
}

Result<Acknowledgements::State> Acknowledgements::wait(Partition partition, std::size_t open_max) {
    std::unique_lock lock(mutex_);
    auto& state = states_[partition.number];
    const auto done = [&] { return state.doubt ? state.open == 0 : state.open <= open_max; };
    while (!done()) {
        const auto before = answers_;
        const auto patience = std::chrono::microseconds(limits::log_copy_patience.us);
        if (!changed_.wait_for(lock, patience, [&] { return done() || answers_ != before; })) {
            return fault(FaultCode::timed_out, "partition " + std::to_string(partition.number) + ": nothing was acknowledged for " +
                                                   std::to_string(limits::log_copy_patience.us / 1'000'000) + " s");
        }
    }
    return state;
}

void Acknowledgements::delivered(std::span<const ports::LogDelivery> deliveries) {
    const std::scoped_lock lock(mutex_);
    for (const auto& delivery : deliveries) {
        auto& state = states_[delivery.partition.number];
        if (state.open == 0) continue;  // of another writer of this process
        --state.open;
        const bool as_meant = delivery.outcome == ports::DeliveryOutcome::stored && delivery.offset == state.next && delivery.offset.number == static_cast<std::int64_t>(delivery.token);
        if (as_meant && !state.doubt) {
            state.next = state.next.next();
        } else if (!state.doubt) {
            const bool told = delivery.outcome == ports::DeliveryOutcome::refused || delivery.outcome == ports::DeliveryOutcome::unknown;
            state.doubt = told ? delivery.fault : Fault{FaultCode::unavailable, "a record was not acknowledged where it belongs"};
        }
    }
    ++answers_;
    changed_.notify_all();
}

}  // namespace granary
