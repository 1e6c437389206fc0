// The log port: partitioned, append-only records. It stores what it is given, in order; whether a record counts is the
// chain rule's matter (core/chain.hpp), never the log's. Adapters: memory (tests, simulator), rocksdb (embedded), kafka.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/ids.hpp"
#include "core/position.hpp"
#include "core/result.hpp"

namespace granary::ports {

struct LogIdentity {
    Uuid id;                       // made once by `granary log create`; part of every partition's genesis
    std::uint32_t partitions = 0;  // fixed for the log's life
    // A log may lie in several places, byte for byte the same, and goes on in one of them only (docs/decisions/0043).
    Uuid place;                    // nil where the log was made; of a copy, its own, which a Seal may name
    bool live = true;              // false: a copy that nothing but `granary log copy` may append to
};

struct LogAppend {
    Partition partition;
    std::string routing_key;  // the record's key for readers of a broker; empty for control records
    SharedBytes record;       // header and body, at most limits::record_bytes_max
    std::uint64_t token = 0;  // the caller's; comes back in the delivery
};

enum class DeliveryOutcome {
    stored,                 // durable at `offset`
    stored_offset_unknown,  // durable, but the offset must be found by reading back
    unknown,                // may or may not be stored, now or later: stop acknowledging, read to the end, claim again
    refused,                // certainly not stored (too large, disk low, closed); nothing behind it was stored before it either
};

struct LogDelivery {
    Partition partition;
    std::uint64_t token = 0;
    DeliveryOutcome outcome = DeliveryOutcome::unknown;
    Offset offset;     // only when stored
    Fault fault;       // only when refused or unknown
};

struct LogRecord {
    Offset offset;
    SharedBytes bytes;
};

struct LogPage {
    std::vector<LogRecord> records;  // ascending offsets; empty at the end of the log
    Offset next;                     // where to read on
    Offset end;                      // one past the last durable record when the page was read
};

// Shown one stored record; the bytes last until it returns. False: no more are wanted.
using LogVisitor = std::function<bool(Offset offset, std::string_view bytes)>;

// Shows a page's records; answers where to read on.
Offset show(const LogPage& page, const LogVisitor& visit);

// Told of deliveries and growth, from the adapter's own thread; must return at once and must not call the log.
class LogObserver {
  public:
    virtual ~LogObserver() = default;
    // In order per partition.
    virtual void delivered(std::span<const LogDelivery> deliveries) = 0;
    // These partitions have new durable records, of whatever writer.
    virtual void grown(std::span<const Partition> partitions) = 0;
};

// Thread-safe. Appends of one partition by one writer keep their order; other writers may come between.
class Log {
  public:
    virtual ~Log() = default;

    virtual LogIdentity identity() const = 0;

    // Queues the appends and returns; each is answered by exactly one delivery. unavailable: the queue is full, disk_full:
    // under limits::disk_free_min_bytes; in both cases nothing of the call was queued.
    virtual Status append(std::vector<LogAppend> appends) = 0;

    // Durable records from `from` on, at most about `bytes_max` bytes but at least one record if there is one.
    // corrupt: the log ends before `from` (it was cut), or stored bytes are damaged in a way that the log itself notices.
    virtual Result<LogPage> read(Partition partition, Offset from, std::size_t bytes_max) = 0;

    // The same records, each shown where it lies: for whoever reads much and keeps nothing. Answers where to read on, behind the
    // last one shown; `from` itself at the end of the log. What is shown in front of damage is sound, and no fault is told then:
    // the next call tells it. The visitor may call the log.
    virtual Result<Offset> visit(Partition partition, Offset from, std::size_t bytes_max, const LogVisitor& visit);

    // True when, of what one writer appends to a partition, nothing is ever stored twice, or behind something that was not. A void
    // record that extends nothing in the log is damage then, not what is left of a failed burst.
    virtual bool stores_prefixes() const { return false; }

    // One past the last durable record, as the log itself says now; on a log far away that is a question and an answer.
    virtual Result<Offset> end(Partition partition) = 0;

    // One past the last durable record that this process has heard of: at once, without asking anybody, so it may lag behind
    // what other writers did, and never lies beyond `end`. What was reported to an observer, or read, was heard of. 0 for a
    // partition that does not exist. For lag and status; never to say that something is not there.
    virtual Offset heard_end(Partition partition) const = 0;

    // Observers must outlive the log or be removed; removal returns after the last running call.
    virtual void observe(LogObserver& observer) = 0;
    virtual void stop_observing(LogObserver& observer) = 0;
};

}  // namespace granary::ports
