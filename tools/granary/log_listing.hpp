// What `granary log` shows of a log: records, void records, counts, and the verdict of an audit, as tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/host/log_verification.hpp"
#include "platform/ports/log.hpp"
#include "tools/granary/output.hpp"

namespace granary::cli {

inline constexpr std::size_t listed_records_default = 1000;
inline constexpr std::size_t listed_records_max = 1'000'000;  // held in memory at once

using RecordProgress = std::function<void(std::uint64_t done)>;

struct LogSelection {
    std::optional<Partition> partition;  // none: all, one after the other
    Offset from{0};                      // of each partition
    std::size_t limit = listed_records_default;
    bool events = false;                 // a row per event with its fields, instead of a row per record
};

// Records that count, in the order of partitions and offsets. Walks the chain from its start, so it takes as long as what
// stands in front. Stops with what was found so far plus a fault when a partition halts.
struct Listing {
    Table table;
    std::optional<Fault> fault;
};
Listing list_records(ports::Log& log, const LogSelection& selection, const RecordProgress& progress);
// Records that don't count, with what they would have extended. Reads as an audit does, as `audit` says, but for the partitions
// and what it is told of voids; what is wrong with the log, or that somebody asked to stop, is the listing's fault.
Listing list_voids(ports::Log& log, const LogSelection& selection, VerifyOptions audit);

// Prints the table, and the fault behind it; the exit code. `limit` is what the listing was asked for.
int print_listing(const Listing& listing, std::size_t limit, Format format);

// Commits, events by name, control records, void records and bytes.
Listing count_records(ports::Log& log, const RecordProgress& progress);

// Records as they are stored, whether they count or not.
class LogTail {
  public:
    // Starts `last` records before the end of each selected partition.
    static Result<LogTail> open(ports::Log& log, std::optional<Partition> partition, std::size_t last);
    // The last `last` of what is there, in the order of commit times; not to be called after `more`.
    Result<Table> newest(std::size_t last);
    // What came since, at most about a page of each partition; an empty table when nothing did.
    Result<Table> more();

  private:
    struct Place {
        Partition partition;
        Offset next;
    };

    explicit LogTail(ports::Log& log) : log_(&log) {}

    ports::Log* log_;
    std::vector<Place> places_;
};

// One row per partition that holds anything or is damaged.
Table table_of(const LogVerdict& verdict);

// Heads that the command side's checkpoints vouch for; empty when there is no such store.
Result<std::vector<std::optional<ChainAnchor>>> checkpoint_anchors(const std::string& state_path, std::uint32_t partitions);

}  // namespace granary::cli
