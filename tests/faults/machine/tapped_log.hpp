// The embedded log of one life of a machine, listened to: what was handed to it, and what it said is stored.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/digest.hpp"
#include "platform/ports/log.hpp"
#include "tests/simulation/schedule.hpp"

namespace granary::faults {

// What is known of the log from outside it; outlives the machine's lives. Records by partition and offset.
struct KnownRecords {
    std::mutex mutex;
    std::vector<std::vector<std::optional<SharedBytes>>> stored;  // reported as durable, before the power went
    std::unordered_map<std::string, Duration> handed;             // hash of every record that was ever handed over -> when, first
};

// Thread-safe as the port says.
class TappedLog final : public ports::Log, private ports::LogObserver {
  public:
    TappedLog(std::unique_ptr<ports::Log> log, KnownRecords& known, const simulation::Schedule& schedule);
    ~TappedLog() override;

    // Waits until everything that was appended has been answered; false after `deadline`, in real time.
    bool settle(Duration deadline);

    ports::LogIdentity identity() const override { return log_->identity(); }
    Status append(std::vector<ports::LogAppend> appends) override;
    Result<ports::LogPage> read(Partition partition, Offset from, std::size_t bytes_max) override { return log_->read(partition, from, bytes_max); }
    bool stores_prefixes() const override { return log_->stores_prefixes(); }
    Result<Offset> end(Partition partition) override { return log_->end(partition); }
    Offset heard_end(Partition partition) const override { return log_->heard_end(partition); }
    void observe(ports::LogObserver& observer) override { log_->observe(observer); }
    void stop_observing(ports::LogObserver& observer) override { log_->stop_observing(observer); }

  private:
    void delivered(std::span<const ports::LogDelivery> deliveries) override;
    void grown(std::span<const Partition>) override {}

    KnownRecords& known_;
    const simulation::Schedule& schedule_;
    std::unique_ptr<ports::Log> log_;
    std::mutex mutex_;
    std::condition_variable answered_;
    std::uint64_t open_ = 0;
    std::vector<std::deque<SharedBytes>> waiting_;  // by partition, in the order of their deliveries
};

}  // namespace granary::faults
