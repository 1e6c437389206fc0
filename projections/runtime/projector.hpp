// Folds the log into all views, batch by batch: rows and positions of a batch are written together, so each event counts
// exactly once. Owns no thread and no clock.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "platform/ports/log.hpp"
#include "platform/ports/store.hpp"
#include "projections/runtime/track.hpp"

namespace granary::projections {

struct ProjectorLimits {
    std::size_t partition_bytes = limits::fold_partition_bytes;
    std::size_t batch_bytes = limits::fold_batch_bytes;
    std::size_t cache_bytes = limits::view_cache_bytes;  // of each view
    std::uint32_t format_level = newest_format_level;    // that this build can read
};

// What one step did.
struct FoldStep {
    std::uint64_t records = 0;  // accepted
    std::uint64_t events = 0;
    bool more = false;  // there may be more in the log already
    std::vector<Partition> moved;  // ask `folded` where they stand now
};

struct HaltedPart {
    std::string table;  // empty: all views, because the log can't be read on
    Partition partition;
    Fault why;
};

// Used by one thread at a time, except where noted.
class Projector {
  public:
    // Folds nothing yet. The log, the store and the views must outlive the projector. Generations that are being built are left out.
    static Result<std::unique_ptr<Projector>> open(ports::Log& log, ports::Store& store,
                                                   const std::vector<Generation>& generations, ProjectorLimits limits = {},
                                                   views::Table views = views::all);

    // Takes one batch from the partitions that have something new, and writes it. A fault means that nothing of it
    // happened; it may be called again. A halted partition is no fault: the others go on.
    Result<FoldStep> step();
    // Steps until nothing is new in any partition.
    Status catch_up();

    // Told of each claim as it is folded, perhaps more than once; before the first step.
    void watch_claims(std::function<void(Position, const envelope::ClaimT&)> seen) { claim_seen_ = std::move(seen); }

    // Any thread: this partition may have grown.
    void mark_grown(Partition partition) { grown_[partition.number].store(true, std::memory_order_release); }
    void mark_all_grown();
    // Of the partitions that are not halted.
    bool anything_grown() const;
    bool is_grown(Partition partition) const { return grown_[partition.number].load(std::memory_order_acquire); }

    // From the next step on this generation is folded too; it catches up from where it stands.
    Status adopt(const Generation& generation);
    // No longer folds it. Nothing happens when it is not folded.
    void drop(const std::string& table);

    std::uint32_t partitions() const { return static_cast<std::uint32_t>(readers_.size()); }
    // The last offset that all these tables have folded, void records included; -1 for none.
    Offset folded(Partition partition, const std::vector<std::string>& tables) const;
    // The same for each of these partitions.
    std::vector<Offset> folded(const std::vector<Partition>& partitions, const std::vector<std::string>& tables) const;
    // Time of the newest commit that the table has folded in this partition; zero for none.
    Time folded_time(Partition partition, const std::string& table) const;
    // What stands still for good, and why.
    std::vector<HaltedPart> halted() const;
    const Track* track(const std::string& table) const;
    // True when the first table has folded at least as much as each of the others in every partition.
    bool has_reached(const std::string& table, const std::vector<std::string>& others) const;
    // True when both tables stand at the same record in every partition.
    bool aligned(const std::string& a, const std::string& b) const;

  private:
    struct Reading {
        std::optional<ChainReader> reader;
        Offset passed;  // accepted or void for good
        std::optional<Fault> halted;
    };
    struct Batch {
        FoldStep step;
        std::size_t bytes = 0;
        std::vector<std::uint32_t> read;  // partitions whose readers moved
    };

    Projector(ports::Log& log, ports::Store& store, ProjectorLimits limits, std::uint32_t partitions, views::Table views);

    Status open_reader(Partition partition);
    Status take_partition(Partition partition, Batch& batch);
    Status take_record(const AcceptedRecord& record);
    void note_fault(Partition partition, Fault fault);
    Status write(const Batch& batch);
    void forget(const Batch& batch);
    FoldStep settle(Batch& batch);

    ports::Log& log_;
    ports::Store& store_;
    ProjectorLimits limits_;
    const views::Table views_;
    std::vector<std::unique_ptr<Track>> tracks_;
    std::vector<Reading> readers_;
    std::vector<std::atomic<bool>> grown_;
    std::function<void(Position, const envelope::ClaimT&)> claim_seen_;
    std::uint32_t first_ = 0;  // the partition that the next step begins with, so that none starves
};

}  // namespace granary::projections
