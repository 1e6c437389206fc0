// Which partitions a node should hold, as a group of nodes sees it. Only a suggestion: the claim in the log decides.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/position.hpp"

namespace granary::ports {

struct Suggestion {
    bool member = false;                // false: no session with the group, now or yet; hold nothing
    std::vector<Partition> partitions;  // ascending; empty unless member
};

// Thread-safe. Two nodes may be told the same partition for a while, or for ever; nothing but speed depends on it.
class Membership {
  public:
    virtual ~Membership() = default;
    // Joins the group; called once. `told` hears of each change with all that is suggested then, one call at a time, on any
    // thread and perhaps before `join` returns. It must return at once.
    virtual void join(std::function<void(const Suggestion&)> told) = 0;
    // Gives up the session, so that the others are told soon. `told` is not called any more once it has returned.
    virtual void leave() = 0;
    // Where the nodes of the group can be reached, as far as this one knows; itself may be among them. A hint.
    virtual std::vector<std::string> peers() const = 0;
};

}  // namespace granary::ports
