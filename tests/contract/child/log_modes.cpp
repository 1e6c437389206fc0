// Appends to a log until it is killed, or until the log ends the process.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "tests/contract/child/child_modes.hpp"

namespace granary::tests {
namespace {

constexpr int group_size = 16;

// Prints every delivery, and lets the next group start when the last one is delivered.
class Printer : public ports::LogObserver {
  public:
    void delivered(std::span<const ports::LogDelivery> deliveries) override {
        const std::scoped_lock lock(mutex_);
        for (const auto& delivery : deliveries) {
            std::printf("%u %lld record %llu\n", delivery.partition.number, static_cast<long long>(delivery.offset.number), static_cast<unsigned long long>(delivery.token));
        }
        delivered_ += deliveries.size();
        more_.notify_all();
    }
    void grown(std::span<const Partition>) override {}

    bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        return more_.wait_for(lock, std::chrono::seconds(60), [&] { return delivered_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable more_;
    std::size_t delivered_ = 0;
};

void arm(rocks::LogProbe& probe, std::string_view failing, long successes) {
    if (failing == "log-write") probe.log_write.successes_left = successes;
    if (failing == "log-sync") probe.log_sync.successes_left = successes;
    if (failing == "mark-write") probe.mark_write.successes_left = successes;
    if (failing == "mark-sync") probe.mark_sync.successes_left = successes;
}

}  // namespace

int append_records(const char* folder, std::string_view failing, long successes) {
    rocks::LogOptions options;
    options.path = folder;
    options.write_buffer_bytes = 1 << 20;
    options.probe = std::make_shared<rocks::LogProbe>();
    auto log = rocks::open_log(options);
    if (!log) {
        std::printf("%s\n", log.error().message.c_str());
        return 3;
    }
    Printer printer;
    (*log)->observe(printer);
    arm(*options.probe, failing, successes);
    const auto partitions = (*log)->identity().partitions;
    for (std::size_t number = 0;;) {
        std::vector<ports::LogAppend> appends;
        for (int i = 0; i < group_size; ++i, ++number) {
            appends.push_back({{static_cast<std::uint32_t>(number % partitions)}, "", SharedBytes("record " + std::to_string(number)), number});
        }
        if (!(*log)->append(std::move(appends)) || !printer.wait_for(number)) return 3;
    }
}

}  // namespace granary::tests
