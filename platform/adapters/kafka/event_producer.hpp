// Publishes integration events, one batch at a time: all of it is acknowledged, or the producer is dropped.
#pragma once

#include <atomic>
#include <vector>

#include "platform/adapters/kafka/client.hpp"
#include "platform/adapters/kafka/integration_options.hpp"
#include "platform/ports/integration_broker.hpp"

namespace granary::kafka {

// Not thread-safe. What a dropped producer leaves stored of a key is a run from the first event on: it is idempotent and gives no
// single event up, so nothing is stored behind a hole.
class EventProducer {
  public:
    // The options and the flag must outlive it.
    EventProducer(const IntegrationOptions& options, const std::atomic<bool>& cancelled) : options_(options), cancelled_(cancelled) {}
    ~EventProducer() { drop(); }
    EventProducer(const EventProducer&) = delete;
    EventProducer& operator=(const EventProducer&) = delete;

    // As ports::IntegrationBroker::publish.
    Status publish(const std::vector<ports::OutgoingEvent>& events, Duration patience);

  private:
    static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* hooks);
    static void on_failure(rd_kafka_t* client, int error, const char* text, void* hooks);
    Status make();
    Status queue(const ports::OutgoingEvent& event);
    Status wait(Duration patience);
    void drop();

    const IntegrationOptions& options_;
    const std::atomic<bool>& cancelled_;
    ClientHooks hooks_;
    Client client_;            // null until the first batch, and after a failure
    std::size_t open_ = 0;     // events of the batch that are not answered
    int error_ = 0;            // the first one
};

}  // namespace granary::kafka
