// Makes topics with the settings that their use needs, and holds the settings of an existing one against them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "platform/adapters/kafka/client.hpp"

namespace granary::kafka {

enum class TopicUse { log, events, keys };

// conflict: there is such a topic already.
Status create_topic(rd_kafka_t* client, const LogOptions& options, const std::string& topic, std::uint32_t partitions, TopicUse use = TopicUse::log);

// invalid_argument: some setting could lose acknowledged records; the message names each one, what it is, what it has to be and
// the command that sets it. What allow_single_broker excuses is told through `notice`.
Status check_topic(rd_kafka_t* client, const LogOptions& options, const std::string& topic, TopicUse use = TopicUse::log);

// Each setting of the topic by its name, as the brokers have it.
Result<std::map<std::string, std::string>> settings_of(rd_kafka_t* client, const std::string& topic);

}  // namespace granary::kafka
