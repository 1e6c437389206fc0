// An observer for the time of one append.
#include "platform/host/one_append.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace granary {
namespace {

class Awaited final : public ports::LogObserver {
  public:
    Awaited(ports::Log& log, std::uint64_t token) : log_(log), token_(token) { log_.observe(*this); }
    ~Awaited() override { log_.stop_observing(*this); }
    Awaited(const Awaited&) = delete;
    Awaited& operator=(const Awaited&) = delete;

    void delivered(std::span<const ports::LogDelivery> deliveries) override {
        const std::scoped_lock lock(mutex_);
        const auto found = std::ranges::find(deliveries, token_, &ports::LogDelivery::token);
        if (found == deliveries.end()) return;
        answer_ = *found;
        came_.notify_one();
    }
    void grown(std::span<const Partition>) override {}

    std::optional<ports::LogDelivery> wait(Duration patience) {
        std::unique_lock lock(mutex_);
        came_.wait_for(lock, std::chrono::microseconds(patience.us), [&] { return answer_.has_value(); });
        return answer_;
    }

  private:
    ports::Log& log_;
    const std::uint64_t token_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::optional<ports::LogDelivery> answer_;
};

}  // namespace

Result<ports::LogDelivery> append_and_wait(ports::Log& log, ports::LogAppend append, Duration patience) {
    Awaited awaited(log, append.token);
    std::vector<ports::LogAppend> appends;
    appends.push_back(std::move(append));
    if (auto queued = log.append(std::move(appends)); !queued) return std::unexpected(std::move(queued.error()));
    auto answer = awaited.wait(patience);
    if (!answer) return fault(FaultCode::timed_out, "the log does not say what became of a record");
    return std::move(*answer);
}

}  // namespace granary
