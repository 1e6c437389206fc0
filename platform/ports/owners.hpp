// Who owns which partition, as far as this node has read claims, and how one owner asks another to let go.
#pragma once

#include <optional>
#include <string>

#include "core/position.hpp"
#include "core/time.hpp"

namespace granary::ports {

struct Owner {
    Offset claimed_at;  // of the claim
    std::string node;
    std::string url;    // where other nodes reach it; may be empty
};

// Thread-safe. A hint: whoever is named here may have lost the partition since.
class Owners {
  public:
    virtual ~Owners() = default;
    // Of an accepted claim; an older one than what is known changes nothing.
    virtual void note(Partition partition, Owner owner) = 0;
    virtual std::optional<Owner> find(Partition partition) const = 0;
};

// What an owner says when it is asked to let go of a partition.
enum class LetGo {
    gone,         // it does not hold it any more: what it had in flight is settled
    kept,         // it is told to hold it, too: ask again later
    unreachable,  // it says nothing: claim
};

struct LetGoAnswer {
    LetGo outcome = LetGo::unreachable;
    std::optional<Time> clock;  // of the one who was asked
};

}  // namespace granary::ports
