// Copies a log into another place, byte for byte, so that positions, void records and the chain stay as they are; and seals the
// original, so that the copy alone goes on. docs/decisions/0043-moving-a-log.md says why so.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/ports/log.hpp"

namespace granary {

struct LogCopyOptions {
    unsigned parallelism = 1;  // partitions at once
    // Called with records done and in all, those that were there before included; from any thread, one call at a time.
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;
    // Once true, the work ends soon, `unavailable`; null: never.
    const std::atomic<bool>* stop = nullptr;
};

struct LogCopyCount {
    std::uint64_t there = 0;   // records that an earlier run had copied
    std::uint64_t copied = 0;
};

// Appends to `to` what it lacks of `from`, up to the ends that `from` has when this is called; nobody else may append to `to`
// meanwhile. Whatever ends it, the next call goes on where it stood. A doubtful answer of `to` is settled by reading back.
// corrupt: what `to` holds is not the beginning of `from`, or an offset would shift: only a fresh copy can be right;
// unavailable, timed_out: `to` or `from` did not answer for limits::log_copy_patience, or `stop`.
Result<LogCopyCount> copy_records(ports::Log& from, ports::Log& to, const LogCopyOptions& options);

// Reads both up to the ends of `copy` and compares every byte. corrupt: the first position that differs, of each partition's
// the lowest, or `original` is shorter.
Status compare_logs(ports::Log& original, ports::Log& copy, const LogCopyOptions& options);

struct SealWish {
    Uuid place;              // of the copy that the log is to go on in
    std::string reason;      // for people: where that is
    std::string actor;
    Time now;
    bool over_another_seal = false;  // the place that an earlier Seal names is lost
};

// Appends a Seal behind the head of every partition that has none for this place yet, and returns when each counts. `heads` are
// accepted records to start from, one per partition (verify_log gives them). Owners may be writing: whoever is first counts, and
// behind the Seal nothing of theirs does. conflict: a partition is sealed for another place, or other writers were faster
// limits::seal_attempts_max times; halted, corrupt: damage; else faults of the log. To be called again after a fault.
Status seal_log(ports::Log& log, const std::vector<ChainAnchor>& heads, const SealWish& wish);

}  // namespace granary
