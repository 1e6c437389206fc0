// Asks another node to let go of a partition.
#pragma once

#include <functional>
#include <string>

#include "platform/host/cluster/peer_calls.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/owners.hpp"

namespace granary {

// `done` is called once, within limits::let_go_deadline; whatever is no good answer is `unreachable`.
void ask_to_let_go(PeerCalls& peers, const ports::LogIdentity& log, Time now, Partition partition, const std::string& url,
                   std::function<void(ports::LetGoAnswer)> done);

}  // namespace granary
