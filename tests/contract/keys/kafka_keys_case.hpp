// Keys in a topic on the shared test brokers.
#pragma once

#include "platform/adapters/kafka/key_topic.hpp"
#include "tests/contract/log/kafka_log_case.hpp"

namespace granary::tests {

class TopicOnKafka {
  public:
    TopicOnKafka() {
        const auto options = kafka_options("keys");
        const auto made = kafka::create_key_topic(options);
        REQUIRE_MESSAGE(made, made.error().message);
        auto topic = kafka::open_key_topic(options);
        REQUIRE_MESSAGE(topic, topic.error().message);
        topic_ = std::move(*topic);
    }
    ports::KeyTopic& get() { return *topic_; }

  private:
    std::unique_ptr<ports::KeyTopic> topic_;
};

using KafkaKeysCase = SharedKeysCase<TopicOnKafka>;

}  // namespace granary::tests

TYPE_TO_STRING_AS("shared, on kafka", granary::tests::KafkaKeysCase);
