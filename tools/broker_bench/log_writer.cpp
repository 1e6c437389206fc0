// Each partition's head in hand, as an owner has it; an offset that is not the next one makes the figures void.
#include "tools/broker_bench/log_writer.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/chain.hpp"

namespace granary::broker_bench {
namespace {

class LogWriter final : public Writer, public ports::LogObserver {
  public:
    LogWriter(ports::Log& log, std::size_t record_bytes, Meter& meter) : log_(log), payloads_(make_payloads(record_bytes - chain::header_bytes)), meter_(meter) {
        const auto identity = log.identity();
        for (std::uint32_t n = 0; n < identity.partitions; ++n) heads_.push_back({chain::genesis(identity.id, {n})});
        next_.resize(identity.partitions);
        log_.observe(*this);
    }
    ~LogWriter() override { log_.stop_observing(*this); }
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    bool send(std::uint64_t first, std::uint64_t count) override {
        std::vector<ports::LogAppend> appends;
        appends.reserve(count);
        for (std::uint64_t n = first; n < first + count; ++n) {
            const auto partition = static_cast<std::uint32_t>(n % heads_.size());
            std::string record = chain::make_record(heads_[partition].hash, payloads_[n % payloads_.size()]);
            heads_[partition].accept(record);
            meter_.sent(n);
            appends.push_back({{partition}, {}, SharedBytes(std::move(record)), n});
        }
        return log_.append(std::move(appends)).has_value();
    }

    void delivered(std::span<const ports::LogDelivery> deliveries) override {
        for (const auto& delivery : deliveries) {
            auto& next = next_[delivery.partition.number];
            if (delivery.outcome != ports::DeliveryOutcome::stored || delivery.offset.number != next) meter_.failed();
            next = delivery.offset.number + 1;
            meter_.acknowledged(delivery.token);
        }
    }
    void grown(std::span<const Partition>) override {}

  private:
    ports::Log& log_;
    const std::vector<std::string> payloads_;
    Meter& meter_;
    std::vector<chain::Head> heads_;
    std::vector<std::int64_t> next_;  // the log's thread's own
};

}  // namespace

std::unique_ptr<Writer> make_log_writer(ports::Log& log, std::size_t record_bytes, Meter& meter) { return std::make_unique<LogWriter>(log, record_bytes, meter); }

}  // namespace granary::broker_bench
