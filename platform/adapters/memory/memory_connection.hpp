// One process's connection to a log in memory that several share: it hears of its own deliveries only, and can be cut.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "platform/adapters/memory/memory_log.hpp"

namespace granary::memory {

// Thread-safe. The log outlives it; at most one of these is observed by the same parts as a real log would be.
class MemoryConnection final : public ports::Log, private ports::LogObserver {
  public:
    // `number` is of this connection alone, 1 to 65535; so are its appends' tokens, up to 48 bits of them.
    MemoryConnection(MemoryLog& log, std::uint16_t number);
    ~MemoryConnection() override;

    ports::LogIdentity identity() const override { return log_.identity(); }
    Status append(std::vector<ports::LogAppend> appends) override;
    Result<ports::LogPage> read(Partition partition, Offset from, std::size_t bytes_max) override;
    Result<Offset> end(Partition partition) override;
    Offset heard_end(Partition partition) const override;
    void observe(ports::LogObserver& observer) override;
    void stop_observing(ports::LogObserver& observer) override;

    // A stalled process: what it appends waits inside it, and it reads and hears nothing.
    void cut();
    // It goes on where it stood: what waited is sent now, late.
    void join_again();
    // It never does: what waited is lost.
    void forget();

  private:
    void delivered(std::span<const ports::LogDelivery> deliveries) override;
    void grown(std::span<const Partition> partitions) override;
    std::vector<ports::LogAppend> stamped(std::vector<ports::LogAppend> appends) const;

    MemoryLog& log_;
    const std::uint64_t stamp_;
    mutable std::mutex mutex_;
    bool cut_ = false;
    std::vector<ports::LogAppend> unsent_;
    std::map<std::uint32_t, std::int64_t> ends_;  // as they were when it was cut
    std::mutex observers_mutex_;
    std::vector<ports::LogObserver*> observers_;
};

}  // namespace granary::memory
