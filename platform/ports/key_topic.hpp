// Where nodes keep records about keys that all of them must agree on: in one order, under names, the newest of each name for ever.
// Adapters: memory, kafka.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace granary::ports {

struct KeyRecord {
    std::string name;                  // bytes, not empty
    std::optional<std::string> value;  // nullopt: takes away what is stored under this name

    bool operator==(const KeyRecord&) const = default;
};

struct StoredKeyRecord {
    Offset offset;
    KeyRecord record;
};

struct KeyPage {
    std::vector<StoredKeyRecord> records;  // offsets ascend and have gaps: older records of a name go, and those that were taken away
    Offset next;                           // where to read on
    bool at_end = false;                   // `next` is the end, as it was known when the call began
};

// Thread-safe. Every call may wait for the network, limits::key_topic_deadline at most.
class KeyTopic {
  public:
    virtual ~KeyTopic() = default;

    // Stored for good, on most replicas, when it returns. On a fault each of them may have been stored, or come to be stored later.
    virtual Status append(const std::vector<KeyRecord>& records) = 0;

    // What is stored from `from` on, a bounded number of records. corrupt: the topic ends before `from`, so it is not what it was.
    virtual Result<KeyPage> read(Offset from) = 0;

    // A record that was taken away, or overwritten, may stay in files until something is appended that comes this much later; then it
    // goes within the same time once more.
    virtual Duration rolls_after() const = 0;
};

}  // namespace granary::ports
