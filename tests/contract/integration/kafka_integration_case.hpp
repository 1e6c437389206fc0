// Topics of integration events on the shared test brokers, read back by a client of another language.
#pragma once

#include <cstdio>
#include <sstream>

#include "platform/adapters/kafka/integration_broker.hpp"
#include "tests/contract/log/kafka_log_case.hpp"

namespace granary::tests {

class KafkaIntegrationCase {
  public:
    KafkaIntegrationCase() : options_{kafka_options("integration"), fresh_topic("events") + ".", {"order-events", "payment-events"}} {
        const auto log = kafka::create_log(options_.log, {{0xE7, 0x17}, 4});
        REQUIRE_MESSAGE(log, log.error().message);
        const auto made = kafka::create_integration_topics(options_, 3);
        REQUIRE_MESSAGE(made, made.error().message);
        REQUIRE(kafka::check_integration_topics(options_));
    }

    std::unique_ptr<ports::IntegrationBroker> member() {
        auto made = kafka::make_integration_broker(options_);
        REQUIRE_MESSAGE(made, made.error().message);
        return std::move(*made);
    }

    std::vector<ports::OutgoingEvent> events() {
        std::string command = std::string(GRANARY_READ_EVENTS) + " " + options_.log.brokers;
        for (const auto& topic : options_.topics) command += " " + options_.prefix + topic;
        std::FILE* pipe = ::popen(command.c_str(), "r");
        REQUIRE(pipe != nullptr);
        std::string text;
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
        REQUIRE_MESSAGE(::pclose(pipe) == 0, command);
        return parsed(text);
    }

  private:
    static std::string unhex(const std::string& digits) {
        std::string bytes;
        for (std::size_t i = 1; i + 1 < digits.size(); i += 2) bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
        return bytes;
    }

    // A line each: topic, key, body, then names and values of the headers; all but the topic in hex behind an `x`.
    std::vector<ports::OutgoingEvent> parsed(const std::string& text) const {
        std::vector<ports::OutgoingEvent> events;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string topic, key, body, name, value;
            words >> topic >> key >> body;
            ports::OutgoingEvent event{topic.substr(options_.prefix.size()), unhex(key), {}, unhex(body)};
            while (words >> name >> value) event.headers.emplace_back(unhex(name), unhex(value));
            events.push_back(std::move(event));
        }
        return events;
    }

    const kafka::IntegrationOptions options_;
};

}  // namespace granary::tests

TYPE_TO_STRING_AS("kafka", granary::tests::KafkaIntegrationCase);
