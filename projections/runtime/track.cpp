// Turns records into facts for one view.
#include "projections/runtime/track.hpp"

#include <memory>
#include <utility>

namespace granary::projections {

Track::Track(RowSource source, const Generation& generation, const views::View& view, std::uint32_t partitions,
             std::size_t kept_bytes_max)
    : generation_(generation),
      table_(generation.table()),
      view_(view),
      rows_(std::move(source), kept_bytes_max),
      stored_(partitions),
      passed_(partitions),
      pending_(partitions),
      halted_(partitions) {}

Result<std::unique_ptr<Track>> Track::open(ports::Store& store, const Generation& generation, const views::View& view,
                                           std::uint32_t partitions, std::size_t kept_bytes_max) {
    auto positions = read_positions(store, generation.table(), partitions);
    if (!positions) return std::unexpected(std::move(positions.error()));
    auto source = [&store, table = generation.table()](const std::string& key) { return store.get(table, key); };
    std::unique_ptr<Track> track(new Track(std::move(source), generation, view, partitions, kept_bytes_max));
    for (std::uint32_t i = 0; i < partitions; ++i) {
        track->stored_[i] = (*positions)[i].value_or(FoldedTo{});
        track->passed_[i] = track->stored_[i].anchor.offset;
    }
    return track;
}

std::unique_ptr<Track> Track::fresh(const Generation& generation, const views::View& view, std::uint32_t partitions) {
    auto nothing = [](const std::string&) { return Result<std::optional<std::string>>(std::nullopt); };
    std::unique_ptr<Track> track(new Track(nothing, generation, view, partitions, 0));
    track->fresh_ = true;
    return track;
}

bool Track::take(const AcceptedRecord& record) {
    const auto* commit = std::get_if<Commit>(&record.entry);
    return take(record.position, record.hash, commit == nullptr ? std::nullopt : std::optional(commit->meta.time), commit);
}

bool Track::take(const ScannedRecord& record) {
    const auto& body = *record.body;
    return take(record.position, record.hash, body.control == nullptr ? std::optional(body.time) : std::nullopt, body.commit);
}

bool Track::take(Position position, const Digest& hash, std::optional<Time> time, const Commit* commit) {
    const std::uint32_t partition = position.partition.number;
    if (halted_[partition]) return true;
    const auto& stored = stored_[partition].anchor;
    if (position.offset <= stored.offset) {
        if (position.offset < stored.offset || hash == stored.hash) return true;
        failure_ = Fault{FaultCode::corrupt, "position " + text_of(position) + " holds another record than the one that " + table_ + " folded"};
        return false;
    }
    if (commit != nullptr && view_.takes.contains(static_cast<StreamKind>(commit->meta.stream_kind))) fold(*commit, position);
    if (rows_.failure()) {
        failure_ = rows_.failure();
        return false;
    }
    if (!pending_[partition]) touched_.push_back(partition);
    if (!time) time = pending_[partition].value_or(stored_[partition]).time;
    pending_[partition] = FoldedTo{{position.offset, hash}, *time};
    return true;
}

void Track::pass(Position position) {
    const std::uint32_t partition = position.partition.number;
    if (!halted_[partition] && position.offset > passed_[partition]) passed_[partition] = position.offset;
}

void Track::fold(const Commit& commit, Position position) {
    rows_.at(position);
    for (std::uint32_t i = 0; i < commit.events.size(); ++i) {
        const auto& item = commit.events[i];
        view_.apply(rows_, {commit, item.event, position, i, item.occurred_at, commit.meta.first_version + i});
    }
    events_ += commit.events.size();
}

void Track::collect(ports::StoreBatch& batch) {
    rows_.collect(table_, batch);
    collect_positions(batch);
}

Status Track::visit(const FoldedRows::ChangeVisitor& visit) {
    return rows_.visit([&](const std::string& key, std::optional<std::string> value) {
        // A row that came and went within the first part is in no table.
        return !value && fresh_ ? Status{} : visit(key, std::move(value));
    });
}

void Track::collect_positions(ports::StoreBatch& batch) const {
    for (const std::uint32_t partition : touched_) {
        batch.put(positions_table, position_key(table_, {partition}), encode(*pending_[partition]));
    }
}

void Track::settle() {
    rows_.settle();
    for (const std::uint32_t partition : touched_) stored_[partition] = *std::exchange(pending_[partition], std::nullopt);
    touched_.clear();
}

void Track::forget() {
    rows_.forget();
    failure_.reset();
    for (const std::uint32_t partition : touched_) pending_[partition].reset();
    touched_.clear();
}

}  // namespace granary::projections
