// Counts appends and their answers; of a partition both come in the same order.
#include "tests/faults/machine/tapped_log.hpp"

#include <chrono>
#include <utility>

#include "core/check.hpp"
#include "tests/faults/disk/watch.hpp"

namespace granary::faults {

TappedLog::TappedLog(std::unique_ptr<ports::Log> log, KnownRecords& known, const simulation::Schedule& schedule)
    : known_(known), schedule_(schedule), log_(std::move(log)), waiting_(log_->identity().partitions) {
    log_->observe(*this);
}

TappedLog::~TappedLog() { log_->stop_observing(*this); }

Status TappedLog::append(std::vector<ports::LogAppend> appends) {
    {
        const std::scoped_lock lock(mutex_, known_.mutex);
        for (const auto& append : appends) {
            known_.handed.try_emplace(std::string(sha256(append.record.view()).view()), schedule_.now());
            waiting_[append.partition.number].push_back(append.record);
        }
        open_ += appends.size();
    }
    std::vector<Partition> partitions;
    for (const auto& append : appends) partitions.push_back(append.partition);
    auto taken = log_->append(std::move(appends));
    if (taken) return taken;
    const std::scoped_lock lock(mutex_);
    open_ -= partitions.size();
    for (const Partition partition : partitions) waiting_[partition.number].pop_back();
    return taken;
}

void TappedLog::delivered(std::span<const ports::LogDelivery> deliveries) {
    const std::scoped_lock lock(mutex_, known_.mutex);
    for (const auto& delivery : deliveries) {
        auto& waiting = waiting_[delivery.partition.number];
        GRANARY_CHECK(!waiting.empty());
        const SharedBytes record = std::move(waiting.front());
        waiting.pop_front();
        --open_;
        // After the loss the process only thinks that something is durable.
        if (delivery.outcome != ports::DeliveryOutcome::stored || plan().lost != 0) continue;
        auto& stored = known_.stored[delivery.partition.number];
        const auto place = static_cast<std::size_t>(delivery.offset.number);
        if (stored.size() <= place) stored.resize(place + 1);
        stored[place] = record;
    }
    answered_.notify_all();
}

bool TappedLog::settle(Duration deadline) {
    std::unique_lock lock(mutex_);
    return answered_.wait_for(lock, std::chrono::microseconds(deadline.us), [this] { return open_ == 0; });
}

}  // namespace granary::faults
