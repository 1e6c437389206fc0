// The log's identity: the first record of a topic of its own, `<topic>.identity`. Of a copy, a later one there says that it is live;
// all others are ignored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/adapters/kafka/kafka_log.hpp"
#include "platform/ports/log.hpp"

namespace granary::kafka {

std::string identity_topic(const LogOptions& options);

// `granary-log 1 <id> <partitions> <topic>`, and of a copy ` copy <place>`.
std::string text_of_identity(const ports::LogIdentity& identity, const std::string& topic);
std::optional<ports::LogIdentity> parse_identity(std::string_view text, const std::string& topic);

// not_found: there is no such topic within `patience`, or it is empty; corrupt: its first record is no identity of this topic.
Result<ports::LogIdentity> read_identity(const LogOptions& options, Duration patience);
// conflict: somebody else's came first.
Status write_identity(const LogOptions& options, const ports::LogIdentity& identity);
// The copy of this place is live from now on.
Status write_live(const LogOptions& options, Uuid place);

}  // namespace granary::kafka
