// The brokers that these tests may harm, and nodes that write to a log on them.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "command-side/runtime/command_host.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "tests/command-side/runtime/shard_world.hpp"
#include "tests/contract/log/kafka_log_case.hpp"

namespace granary::tests {

inline std::string tools_kafka(const std::string& verb) {
    const char* data = std::getenv("GRANARY_KAFKA_DATA");
    REQUIRE(data != nullptr);
    return std::string(GRANARY_SOURCE_DIR "/tools/kafka ") + verb + " --data " + data;
}

// One verb of tools/kafka.
inline void harm(const std::string& verb, const std::string& arguments = {}) {
    const std::string command = tools_kafka(verb) + " " + arguments + " 1>&2";
    REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command);
}

// Whatever a test has done, all brokers run when it ends.
struct Healed {
    ~Healed() {
        for (const char* node : {" 1", " 2", " 3"}) (void)!std::system((tools_kafka("continue") + node + " 2>/dev/null").c_str());
        (void)!std::system((tools_kafka("start") + " 1>&2").c_str());
    }
};

// A log of its own on the brokers.
inline kafka::LogOptions log_to_harm(std::uint32_t partitions, Duration delivery_timeout) {
    auto options = kafka_options("harm");
    options.delivery_timeout = delivery_timeout;
    const auto made = kafka::create_log(options, {{0xFA, 0x17}, partitions});
    REQUIRE_MESSAGE(made, made.error().message);
    return options;
}

// One process, but for the process: its own connection, store and threads.
struct KafkaNode {
    KafkaNode(const kafka::LogOptions& options, std::string name) : store(command_side::test::make_store()) {
        auto opened = kafka::open_log(options);
        REQUIRE_MESSAGE(opened, opened.error().message);
        log = std::move(*opened);
        command_side::CommandHostOptions host_options{.log = *log, .store = *store, .clock = clock, .node = std::move(name)};
        auto started = command_side::CommandHost::start(std::move(host_options));
        REQUIRE_MESSAGE(started, started.error().message);
        host = std::move(*started);
    }

    SystemClock clock;
    std::unique_ptr<memory::MemoryStore> store;
    std::unique_ptr<ports::Log> log;
    std::unique_ptr<command_side::CommandHost> host;
};

}  // namespace granary::tests
