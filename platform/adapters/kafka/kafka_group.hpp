// Nodes of one log as a Kafka consumer group on its topic: who is assigned a partition should hold it.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "platform/adapters/kafka/kafka_log.hpp"
#include "platform/ports/membership.hpp"

namespace granary::kafka {

// The group is `<topic>.owners`; nothing is consumed through it and no offset is stored. `node` names this member to operators
// (client.id). Partitions move one by one (cooperative-sticky). A member that the brokers have not heard of for
// limits::group_session_timeout loses its session and is told so as soon as it hears of it itself.
Result<std::unique_ptr<ports::Membership>> make_group(const LogOptions& options, const std::string& node);

}  // namespace granary::kafka
