// One generation of one view while it is folded: its rows, and how far it has come in each partition.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/host/chain_reader.hpp"
#include "platform/ports/store.hpp"
#include "projections/runtime/folded_rows.hpp"
#include "projections/runtime/stored_state.hpp"
#include "projections/views/table.hpp"

namespace granary::projections {

// Not thread-safe; the view outlives it. A batch is: take records, collect, write, then settle; or forget.
class Track {
  public:
    // Reads the stored positions. The store must outlive the track.
    static Result<std::unique_ptr<Track>> open(ports::Store& store, const Generation& generation, const views::View& view,
                                               std::uint32_t partitions, std::size_t kept_bytes_max);

    // Of a table that holds no row of the partitions that are folded, without looking into it: for the first part of a rebuild.
    static std::unique_ptr<Track> fresh(const Generation& generation, const views::View& view, std::uint32_t partitions);

    const Generation& generation() const { return generation_; }
    const std::string& table() const { return table_; }
    // What is stored, of records accepted; the anchor's offset is -1 before the first one.
    const FoldedTo& stored(Partition partition) const { return stored_[partition.number]; }
    // The last offset behind which nothing is left to fold: void records behind the anchor count as folded.
    Offset passed(Partition partition) const { return passed_[partition.number]; }
    // The reader has passed this position, and what it gave is stored.
    void pass(Position position);
    // Why this view stands still in this partition although the log goes on.
    const std::optional<Fault>& halted(Partition partition) const { return halted_[partition.number]; }
    void halt(Partition partition, Fault why) { halted_[partition.number] = std::move(why); }

    // Folds one record, unless it was folded before or the partition is halted; false: damage, see `failure`.
    bool take(const AcceptedRecord& record);
    // The same of a record that was scanned for the kinds that `takes`, and says something.
    bool take(const ScannedRecord& record);
    StreamKinds takes() const { return view_.takes; }
    bool is_fresh() const { return fresh_; }
    const std::optional<Fault>& failure() const { return failure_; }
    std::uint64_t events() const { return events_; }  // folded since the track was opened

    // Changed rows and the positions they belong to.
    void collect(ports::StoreBatch& batch);
    // The same in two parts: rows, each once, and the positions.
    Status visit(const FoldedRows::ChangeVisitor& visit);
    void collect_positions(ports::StoreBatch& batch) const;
    void settle();
    void forget();

  private:
    Track(RowSource source, const Generation& generation, const views::View& view, std::uint32_t partitions,
          std::size_t kept_bytes_max);

    // `time` and `commit` of a commit; nullopt and null of a control record, and the commit may be left out if its kind is not taken.
    bool take(Position position, const Digest& hash, std::optional<Time> time, const Commit* commit);
    void fold(const Commit& commit, Position position);

    Generation generation_;
    std::string table_;
    const views::View& view_;
    FoldedRows rows_;
    bool fresh_ = false;  // the table holds nothing of what is folded
    std::vector<FoldedTo> stored_;
    std::vector<Offset> passed_;
    std::vector<std::optional<FoldedTo>> pending_;  // of the running batch
    std::vector<std::uint32_t> touched_;            // partitions with a pending position
    std::vector<std::optional<Fault>> halted_;
    std::optional<Fault> failure_;
    std::uint64_t events_ = 0;
};

}  // namespace granary::projections
