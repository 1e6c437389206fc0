// Where integration events go on Kafka, and how their topics are made and checked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/adapters/kafka/kafka_log.hpp"

namespace granary::kafka {

struct IntegrationOptions {
    LogOptions log;                   // the brokers, and the topic of the log that is published
    std::string prefix;               // of the topics' names; two logs on one cluster should not share their topics
    std::vector<std::string> topics;  // without the prefix
};

// `<log's topic>.integration`, and the prefix behind it when there is one.
std::string integration_group(const IntegrationOptions& options);

// Makes the topics that are not there yet, and checks those that are. invalid_argument: a malformed prefix, or settings under
// which acknowledged events could get lost, each named with its remedy; unavailable or timed_out: the brokers.
Status create_integration_topics(const IntegrationOptions& options, std::uint32_t partitions);

// As above, without making any: a missing one is invalid_argument, too.
Status check_integration_topics(const IntegrationOptions& options);

}  // namespace granary::kafka
