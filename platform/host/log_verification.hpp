// Audits a whole log: every record read, the chain rule run over every partition, damage found and located.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "platform/host/chain_reader.hpp"

namespace granary {

struct PartitionVerdict {
    Partition partition;
    std::uint64_t records = 0;       // looked at
    std::uint64_t accepted = 0;
    std::uint64_t void_records = 0;
    Offset end{0};                   // one past the last record looked at
    ChainAnchor head;                // last accepted record
    std::optional<Offset> bad;       // first record that is changed, missing or unreadable, as precisely as can be told
    std::string reason;              // why, when `bad` is set
    // Up to here a head from outside the log (an anchor) confirms the chain; none: nobody outside vouches for the tail.
    std::optional<Offset> vouched;
    std::optional<envelope::SealT> seal;  // the last accepted record, if it is one
};

struct LogVerdict {
    std::vector<PartitionVerdict> partitions;
    bool interrupted = false;  // the verdict is of what was read until somebody asked to stop

    bool sound() const;
    std::uint64_t records() const;
};

struct VerifyOptions {
    unsigned parallelism = 1;
    std::optional<Partition> only;  // none: all
    // Called with records done and in all, from any thread, one call at a time.
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;
    // Heads known from elsewhere (checkpoints, node state), by partition; may be empty.
    std::vector<std::optional<ChainAnchor>> anchors;
    // The last record that counts of an audit before this one, by partition; may be empty. What lies in front of it is not read again,
    // but for the record itself, which must still be there.
    std::vector<std::optional<ChainAnchor>> since;
    // Told now and then, from any thread, one call at a time: up to this record there is nothing wrong in its partition. With
    // all the newest ones as `since`, an audit that was cut short goes on as if it had not been.
    std::function<void(Partition partition, const ChainAnchor& record)> passed;
    // Told of each void record, from any thread, one call at a time; in order within a partition. What it is shown lasts until it returns.
    std::function<void(const ScannedRecord& record)> on_void;
    std::stop_token stop;
};

// Reads everything, or what is new `since`, up to the ends that the log has when this is called. Besides the reader's own checks a void record must
// extend something that was once written: one that extends nothing gives away a changed record in front of it, however short
// the rest of the log is. Faults of the log itself are part of the verdict.
LogVerdict verify_log(ports::Log& log, const VerifyOptions& options);

}  // namespace granary
