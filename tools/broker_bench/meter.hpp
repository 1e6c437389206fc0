// What both writers of the comparison are measured with: when each record was sent, and when it was known to be durable.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace granary::broker_bench {

class Meter {
  public:
    explicit Meter(std::uint64_t records) : sent_us_(records), took_us_(records) {}

    void sent(std::uint64_t n) {
        sent_us_[n] = now_us();
        ++under_way_;
    }
    // Once for each record, from any thread.
    void acknowledged(std::uint64_t n) {
        took_us_[n] = now_us() - sent_us_[n];
        if (--under_way_ <= resume_at_.load()) changed_.notify_one();
    }
    // Something went wrong that makes the figures void.
    void failed() { failures_++; }

    // Until at most so many are under way; false when that takes longer than a minute.
    bool wait_for_room(std::uint64_t most) {
        if (under_way_ <= most) return true;
        resume_at_ = most / 2;
        std::unique_lock lock(mutex_);
        const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (under_way_ > most) {
            changed_.wait_for(lock, std::chrono::milliseconds(1));
            if (std::chrono::steady_clock::now() > until) return false;
        }
        return true;
    }
    std::uint64_t failures() const { return failures_; }
    // Of all records; call it at the end.
    std::vector<std::int64_t>& latencies_us() { return took_us_; }

    static std::int64_t now_us() {
        return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    }

  private:
    std::vector<std::int64_t> sent_us_;
    std::vector<std::int64_t> took_us_;
    std::atomic<std::uint64_t> under_way_{0};
    std::atomic<std::uint64_t> resume_at_{0};
    std::atomic<std::uint64_t> failures_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
};

// Payloads for records of such a size, the same for both writers; random, so that compression gains nothing from sameness.
inline std::vector<std::string> make_payloads(std::size_t bytes) {
    std::vector<std::string> payloads(1024, std::string(bytes, '\0'));
    std::minstd_rand drawn(1);
    for (auto& payload : payloads) {
        for (auto& byte : payload) byte = static_cast<char>(drawn() >> 8 & 0xFF);
    }
    return payloads;
}

// Sends records by number, spread over the partitions in turn; each is acknowledged to the meter.
class Writer {
  public:
    virtual ~Writer() = default;
    virtual bool send(std::uint64_t first, std::uint64_t count) = 0;
};

}  // namespace granary::broker_bench
