// A log on the shared test brokers, in a topic of its own.
#pragma once

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "platform/adapters/kafka/kafka_log.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "tests/contract/log/recorder.hpp"

namespace granary::tests {

// What `tools/kafka start` wrote for clients.
inline std::string test_brokers() {
    const char* data = std::getenv("GRANARY_KAFKA_DATA");
    REQUIRE_MESSAGE(data != nullptr, "GRANARY_KAFKA_DATA must name the folder of `tools/kafka start --data FOLDER`; ctest sets it");
    std::ifstream file(std::string(data) + "/bootstrap");
    std::string brokers;
    REQUIRE_MESSAGE(std::getline(file, brokers), "no brokers run in ", data);
    return brokers;
}

inline std::string fresh_topic(const std::string& purpose) {
    SystemRandom random;
    return "test-" + purpose + "-" + hex_of(random.bits());
}

inline kafka::LogOptions kafka_options(const std::string& purpose) {
    kafka::LogOptions options;
    options.brokers = test_brokers();
    options.topic = fresh_topic(purpose);
    options.notice = [](std::string_view text) { std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data()); };
    return options;
}

class KafkaLogCase {
  public:
    explicit KafkaLogCase(kafka::LogOptions options = kafka_options("contract"), ports::LogIdentity identity = {{0x0123456789abcdef, 0x42}, 8})
        : options_(std::move(options)) {
        const auto made = kafka::create_log(options_, identity);
        REQUIRE_MESSAGE(made, made.error().message);
        open();
    }

    ports::Log& log() { return *log_; }
    void close() { log_.reset(); }
    void open() {
        auto opened = kafka::open_log(options_);
        REQUIRE_MESSAGE(opened, opened.error().message);
        log_ = std::move(*opened);
        log_->observe(recorder);
    }
    void reopen() {
        close();
        open();
    }
    const kafka::LogOptions& options() const { return options_; }

    Recorder recorder;

  private:
    kafka::LogOptions options_;
    std::unique_ptr<ports::Log> log_;
};

}  // namespace granary::tests

TYPE_TO_STRING_AS("kafka", granary::tests::KafkaLogCase);
