// An observer for the time of one append.
#include "platform/host/one_append.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
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

constexpr auto pause_between_tries = std::chrono::milliseconds(100);

Result<ports::LogDelivery> append_once(ports::Log& log, const ports::LogAppend& append, Duration patience) {
    Awaited awaited(log, append.token);
    if (auto queued = log.append({append}); !queued) return std::unexpected(std::move(queued.error()));
    auto answer = awaited.wait(patience);
    if (!answer) return fault(FaultCode::timed_out, "the log does not say what became of a record");
    return std::move(*answer);
}

bool may_be_tried_again(const Result<ports::LogDelivery>& answer) {
    if (!answer) return answer.error().code == FaultCode::unavailable;
    return answer->outcome == ports::DeliveryOutcome::refused && answer->fault.code == FaultCode::unavailable;
}

}  // namespace

Result<ports::LogDelivery> append_and_wait(ports::Log& log, ports::LogAppend append, Duration patience) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(patience.us);
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(until - std::chrono::steady_clock::now());
        auto answer = append_once(log, append, {left.count()});
        if (!may_be_tried_again(answer) || std::chrono::steady_clock::now() + pause_between_tries >= until) return answer;
        std::this_thread::sleep_for(pause_between_tries);
    }
}

}  // namespace granary
