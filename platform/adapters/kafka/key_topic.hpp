// The topic in which nodes keep persons' keys: `<topic>.keys`, one partition, compacted.
#pragma once

#include <memory>

#include "core/result.hpp"
#include "platform/adapters/kafka/kafka_log.hpp"
#include "platform/ports/key_topic.hpp"

namespace granary::kafka {

std::string key_topic_name(const LogOptions& options);

// Makes the topic, with the settings of docs/kafka.md, or takes one that is there if it has them.
Status create_key_topic(const LogOptions& options);

// not_found: there is none; invalid_argument: a setting under which keys could get lost, or destroyed ones stay, with its remedy;
// unavailable or timed_out: the brokers.
Result<std::unique_ptr<ports::KeyTopic>> open_key_topic(const LogOptions& options);

}  // namespace granary::kafka
