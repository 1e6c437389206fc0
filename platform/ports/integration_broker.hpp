// Where integration events go: topics that other systems read, and the group of nodes that share the publishing, with the place
// where it keeps how far each partition of the log has been published. Adapters: memory, kafka.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/digest.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace granary::ports {

struct OutgoingEvent {
    std::string topic;  // without the operator's prefix
    std::string key;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    bool operator==(const OutgoingEvent&) const = default;
};

// How far one partition of the log has been published.
struct PublishedUpTo {
    Offset next;    // the first record that has not been
    Offset anchor;  // the last one before it that counts; none: there is none, or an operator set `next` by hand
    Digest hash;    // of that record

    bool operator==(const PublishedUpTo&) const = default;
};

struct KeptPosition {
    Partition partition;
    PublishedUpTo position;
};

struct AssignedPartition {
    Partition partition;
    std::optional<PublishedUpTo> kept;  // nothing was ever published of it
};

// What became of this member's share since the last poll; first `gone`, then `came`.
struct ShareChanges {
    std::vector<Partition> gone;
    std::vector<AssignedPartition> came;
};

// One member of the group. Not thread-safe but for `cancel`. Any call may fail with unavailable or timed_out and be made again.
class IntegrationBroker {
  public:
    virtual ~IntegrationBroker() = default;

    // Joins the group when called first, and keeps the session; waits up to `patience` for changes.
    virtual Result<ShareChanges> poll(Duration patience) = 0;

    // Returns when every event is stored for good. On a fault any of them may have been stored, now or later, but of each key and
    // topic only a run from the first one on: published again from there, nothing is seen out of order that was not seen before.
    // invalid_argument: an event is too large.
    virtual Status publish(std::vector<OutgoingEvent> events, Duration patience) = 0;

    // Keeps these positions with the group. conflict: a partition is not in this member's share; nothing was kept.
    virtual Status keep(std::span<const KeptPosition> positions, Duration patience) = 0;

    // Gives the share back, so that others need not wait for the session's end. The last call but `cancel`: others fail with
    // unavailable.
    virtual void leave() = 0;

    // From any thread: running and later calls end soon, with unavailable.
    virtual void cancel() = 0;
};

}  // namespace granary::ports
