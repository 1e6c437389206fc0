// Integration events on Kafka: an idempotent producer for the topics, a consumer group on the log's topic for the share and the
// positions. docs/decisions/0044-integration-topics.md says why it is built so.
#pragma once

#include <memory>

#include "platform/adapters/kafka/integration_options.hpp"
#include "platform/ports/integration_broker.hpp"

namespace granary::kafka {

// invalid_argument: settings that the client library refuses. Nobody is asked anything yet.
Result<std::unique_ptr<ports::IntegrationBroker>> make_integration_broker(const IntegrationOptions& options);

// A position as the text that the group keeps beside the offset: `granary 1 <anchor's offset> <anchor's hash>`; empty without anchor.
std::string text_of_position(const ports::PublishedUpTo& position);
// What is no such text stands for a position that an operator set by hand.
ports::PublishedUpTo parse_position_text(Offset next, std::string_view text);

}  // namespace granary::kafka
