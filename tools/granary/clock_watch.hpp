// Takes a node out of its group when it finds that its clock is off, so that others get the partitions that it may not claim.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "platform/ports/membership.hpp"

namespace granary::command_side {
class CommandHost;
}

namespace granary::cli {

// For good: whoever sets the clock right starts the node anew.
class ClockWatch {
  public:
    // Once. Both outlive `end`; nobody else calls the group until then.
    void begin(command_side::CommandHost& commands, ports::Membership& group);
    void end();

    // Why this node left its group; empty while it is in it. Any thread.
    std::string reason() const;

  private:
    void run(const std::stop_token& stopping, command_side::CommandHost& commands, ports::Membership& group);

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::string reason_;
    std::jthread thread_;  // last: it uses the rest
};

}  // namespace granary::cli
