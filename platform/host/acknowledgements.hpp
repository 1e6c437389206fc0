// Counts what a log acknowledges, partition by partition, for a writer that waits for it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "platform/ports/log.hpp"

namespace granary {

// Thread-safe. The appends that it counts carry as their token the offset at which they are meant to be stored.
class Acknowledgements final : public ports::LogObserver {
  public:
    // Observes the log from now on, until it is destroyed; the log outlives it.
    explicit Acknowledgements(ports::Log& log);
    ~Acknowledgements() override;
    Acknowledgements(const Acknowledgements&) = delete;
    Acknowledgements& operator=(const Acknowledgements&) = delete;

    struct State {
        Offset next{0};         // everything before it is stored where it was meant to be
        std::size_t open = 0;   // records without an answer
        std::optional<Fault> doubt;  // the first answer that was not "stored where it was meant to be"
    };

    // From here on the partition's records are meant to be stored from `next`. Nothing of it may be open.
    void start_at(Partition partition, Offset next);
    // Before the append, and after one that the log did not take.
    void expect(Partition partition, std::size_t records);
    void take_back(Partition partition, std::size_t records);
    // Until at most `open_max` records are open, or there is a doubt and none is open. timed_out: no answer for
    // limits::log_copy_patience.
    Result<State> wait(Partition partition, std::size_t open_max);

    void delivered(std::span<const ports::LogDelivery> deliveries) override;
    void grown(std::span<const Partition>) override {}

  private:
    ports::Log& log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<State> states_;
    std::uint64_t answers_ = 0;
};

}  // namespace granary
