// Commits as CloudEvents 1.0, in the binary content mode of its Kafka binding: attributes as headers, the body as it is.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/position.hpp"
#include "integration/mapping/message.hpp"
#include "schemas/commit.hpp"

namespace granary::integration {

struct CloudEvent {
    std::string_view topic;  // without the operator's prefix
    std::string key;         // the routing key: what is of one key stays in order
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    std::size_t bytes() const;
};

// What the event says to others, in the order in which they are to hear it.
Messages messages_of(const Event& event);

// Every message of a commit, in order. The same commit at the same position of the same log gives the same bytes: `ce_id` is the
// event's id and the type, `ce_source` the log.
std::vector<CloudEvent> cloud_events_of(const Commit& commit, Position position, Uuid log);

}  // namespace granary::integration
