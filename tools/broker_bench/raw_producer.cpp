// One producer handle, one thread that polls for delivery reports.
#include "tools/broker_bench/raw_producer.hpp"

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace granary::broker_bench {
namespace {

constexpr int poll_ms = 10, flush_ms = 60'000;

class RawProducer final : public Writer {
  public:
    RawProducer(std::uint32_t partitions, std::size_t record_bytes, Meter& meter) : partitions_(partitions), payloads_(make_payloads(record_bytes)), meter_(meter) {}
    ~RawProducer() override {
        if (client_ != nullptr) rd_kafka_flush(client_, flush_ms);
        closing_ = true;
        if (poller_.joinable()) poller_.join();
        if (topic_ != nullptr) rd_kafka_topic_destroy(topic_);
        if (client_ != nullptr) rd_kafka_destroy(client_);
    }
    RawProducer(const RawProducer&) = delete;
    RawProducer& operator=(const RawProducer&) = delete;

    bool open(const std::string& brokers, const std::string& topic, const RawSettings& wanted_settings) {
        auto* settings = rd_kafka_conf_new();
        const std::pair<const char*, const char*> wanted[] = {{"bootstrap.servers", brokers.c_str()}, {"acks", "all"}, {"enable.idempotence", "true"},
                                                              {"linger.ms", wanted_settings.linger_ms.c_str()}, {"compression.codec", wanted_settings.compression.c_str()}, {"queue.buffering.max.messages", "1000000"}};
        for (const auto& [name, value] : wanted) {
            if (rd_kafka_conf_set(settings, name, value, nullptr, 0) != RD_KAFKA_CONF_OK) return false;
        }
        rd_kafka_conf_set_dr_msg_cb(settings, on_delivery);
        rd_kafka_conf_set_opaque(settings, this);
        client_ = rd_kafka_new(RD_KAFKA_PRODUCER, settings, nullptr, 0);
        if (client_ == nullptr) return false;
        topic_ = rd_kafka_topic_new(client_, topic.c_str(), nullptr);
        poller_ = std::thread([this] {
            while (!closing_) rd_kafka_poll(client_, poll_ms);
        });
        return topic_ != nullptr;
    }

    bool send(std::uint64_t first, std::uint64_t count) override {
        for (std::uint64_t n = first; n < first + count; ++n) {
            meter_.sent(n);
            const auto partition = static_cast<std::int32_t>(n % partitions_);
            auto* payload = const_cast<char*>(payloads_[n % payloads_.size()].data());  // the library only reads it
            if (rd_kafka_produce(topic_, partition, RD_KAFKA_MSG_F_COPY, payload, payloads_[0].size(), nullptr, 0, reinterpret_cast<void*>(n)) != 0) return false;
        }
        return true;
    }

  private:
    static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
        auto& self = *static_cast<RawProducer*>(opaque);
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) self.meter_.failed();
        self.meter_.acknowledged(reinterpret_cast<std::uint64_t>(message->_private));
    }

    const std::uint32_t partitions_;
    const std::vector<std::string> payloads_;
    Meter& meter_;
    rd_kafka_t* client_ = nullptr;
    rd_kafka_topic_t* topic_ = nullptr;
    std::atomic<bool> closing_{false};
    std::thread poller_;
};

}  // namespace

std::unique_ptr<Writer> make_raw_producer(const std::string& brokers, const std::string& topic, std::uint32_t partitions, std::size_t record_bytes,
                                          const RawSettings& settings, Meter& meter) {
    auto producer = std::make_unique<RawProducer>(partitions, record_bytes, meter);
    if (!producer->open(brokers, topic, settings)) return nullptr;
    return producer;
}

}  // namespace granary::broker_bench
