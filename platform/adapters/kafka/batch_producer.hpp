// Stores records outside of the log, one batch at a time: all of it is acknowledged, or the producer is dropped.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "platform/adapters/kafka/client.hpp"

namespace granary::kafka {

struct OutgoingRecord {
    std::string topic;
    std::string_view key;
    std::optional<std::string_view> value;  // nullopt: takes away what a compacted topic has under this key
    std::span<const std::pair<std::string, std::string>> headers = {};
};

// Not thread-safe. What a dropped producer leaves stored of a key is a run from the first record on: it is idempotent and gives no
// single record up, so nothing is stored behind a hole.
class BatchProducer {
  public:
    // The options and the flag must outlive it.
    BatchProducer(const LogOptions& options, const std::atomic<bool>& cancelled) : options_(options), cancelled_(cancelled) {}
    ~BatchProducer() { drop(); }
    BatchProducer(const BatchProducer&) = delete;
    BatchProducer& operator=(const BatchProducer&) = delete;

    // Returns when every record is stored for good. On a fault any of them may have been stored, or will be. `what` they are, for messages.
    Status publish(std::span<const OutgoingRecord> records, Duration patience, std::string_view what);

  private:
    static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* hooks);
    static void on_failure(rd_kafka_t* client, int error, const char* text, void* hooks);
    Status make();
    Status queue(const OutgoingRecord& record);
    Status wait(Duration patience, std::string_view what);
    void drop();

    const LogOptions& options_;
    const std::atomic<bool>& cancelled_;
    ClientHooks hooks_;
    Client client_;            // null until the first batch, and after a failure
    std::size_t open_ = 0;     // records of the batch that are not answered
    int error_ = 0;            // the first one
};

}  // namespace granary::kafka
