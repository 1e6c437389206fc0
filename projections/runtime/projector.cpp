// The fold loop's one step, and what happens when a step fails.
#include "projections/runtime/projector.hpp"

#include <algorithm>
#include <utility>

#include "core/marks.hpp"
#include "core/mutants.hpp"
namespace granary::projections {
namespace {

// Damage stands for good; everything else may pass.
bool is_damage(const Fault& fault) { return fault.code == FaultCode::halted || fault.code == FaultCode::corrupt; }

std::size_t events_in(const AcceptedRecord& record) {
    const auto* commit = std::get_if<Commit>(&record.entry);
    return commit == nullptr ? 0 : commit->events.size();
}

}  // namespace

Projector::Projector(ports::Log& log, ports::Store& store, ProjectorLimits limits, std::uint32_t partitions, views::Table views)
    : log_(log), store_(store), limits_(limits), views_(views), readers_(partitions), grown_(partitions) {
    mark_all_grown();
}

Result<std::unique_ptr<Projector>> Projector::open(ports::Log& log, ports::Store& store,
                                                   const std::vector<Generation>& generations, ProjectorLimits limits, views::Table views) {
    std::unique_ptr<Projector> projector(new Projector(log, store, limits, log.identity().partitions, views));
    for (const auto& generation : generations) {
        if (generation.state != GenerationState::folding) continue;
        if (auto adopted = projector->adopt(generation); !adopted) return std::unexpected(adopted.error());
    }
    return projector;
}

void Projector::mark_all_grown() {
    for (auto& grown : grown_) grown.store(true, std::memory_order_release);
}

bool Projector::anything_grown() const {
    for (std::uint32_t i = 0; i < partitions(); ++i) {
        if (!readers_[i].halted && is_grown({i})) return true;
    }
    return false;
}

Status Projector::adopt(const Generation& generation) {
    const auto* view = views::find(generation.view, views_);
    if (view == nullptr) return fault(FaultCode::not_found, "there is no view named " + generation.view);
    auto track = Track::open(store_, generation, *view, partitions(), limits_.cache_bytes);
    if (!track) return std::unexpected(std::move(track.error()));
    tracks_.push_back(std::move(*track));
    // It may stand behind the others: readers start again where the slowest one is.
    for (auto& reading : readers_) reading.reader.reset();
    mark_all_grown();
    return {};
}

void Projector::drop(const std::string& table) {
    std::erase_if(tracks_, [&](const auto& track) { return track->table() == table; });
}

const Track* Projector::track(const std::string& table) const {
    const auto found = std::ranges::find_if(tracks_, [&](const auto& track) { return track->table() == table; });
    return found == tracks_.end() ? nullptr : found->get();
}

Status Projector::open_reader(Partition partition) {
    std::optional<ChainAnchor> slowest;
    bool from_start = false;
    for (const auto& track : tracks_) {
        if (track->halted(partition)) continue;
        const auto& anchor = track->stored(partition).anchor;
        if (anchor.offset.number < 0) from_start = true;
        if (!slowest || anchor.offset < slowest->offset) slowest = anchor;
    }
    auto reader = ChainReader::open(log_, partition, from_start ? std::nullopt : slowest, limits_.format_level);
    if (!reader) return std::unexpected(std::move(reader.error()));
    readers_[partition.number].reader.emplace(std::move(*reader));
    return {};
}

Result<FoldStep> Projector::step() {
    Batch batch;
    const std::uint32_t count = partitions();
    for (std::uint32_t i = 0; i < count && batch.bytes < limits_.batch_bytes; ++i) {
        const Partition partition{(first_ + i) % count};
        auto& reading = readers_[partition.number];
        if (reading.halted || !grown_[partition.number].exchange(false, std::memory_order_acq_rel)) continue;
        auto taken = take_partition(partition, batch);
        if (taken) continue;
        note_fault(partition, taken.error());
        mark_grown(partition);
        forget(batch);
        // What was halted is left out of the next step, which takes the rest of this one again.
        if (is_damage(taken.error())) return FoldStep{.more = true};
        return std::unexpected(std::move(taken.error()));
    }
    if (batch.bytes >= limits_.batch_bytes) first_ = (first_ + 1) % count;
    if (auto written = write(batch); !written) {
        GRANARY_MARK(view_batch_failed);
        if (GRANARY_MUTANT(failed_batch_settled)) return settle(batch);
        forget(batch);
        return std::unexpected(std::move(written.error()));
    }
    return settle(batch);
}

Status Projector::catch_up() {
    while (true) {
        auto stepped = step();
        if (!stepped) return std::unexpected(std::move(stepped.error()));
        if (!stepped->more) return {};
    }
}

Status Projector::take_partition(Partition partition, Batch& batch) {
    auto& reading = readers_[partition.number];
    if (!reading.reader) {
        if (auto opened = open_reader(partition); !opened) return opened;
    }
    auto records = reading.reader->read(limits_.partition_bytes);
    if (!records) return std::unexpected(std::move(records.error()));
    batch.read.push_back(partition.number);
    for (const auto& record : *records) {
        if (auto taken = take_record(record); !taken) return taken;
        batch.step.records += 1;
        batch.step.events += events_in(record);
        batch.bytes += record.bytes.size();
    }
    // What is void at the end because a record in front of it was changed must not count as passed.
    reading.passed = log_.stores_prefixes() ? reading.reader->anchor().offset : Offset{reading.reader->next().number - 1};
    if (records->empty()) {
        if (auto sound = reading.reader->check_end(); !sound) return sound;
        reading.passed = {reading.reader->next().number - 1};
        return {};
    }
    grown_[partition.number].store(true, std::memory_order_release);
    return {};
}

Status Projector::take_record(const AcceptedRecord& record) {
    if (const auto* claim = std::get_if<envelope::ClaimT>(&record.entry); claim != nullptr && claim_seen_) claim_seen_(record.position, *claim);
    for (const auto& track : tracks_) {
        if (!track->take(record)) return std::unexpected(*track->failure());
    }
    return {};
}

// A row that can't be read stops its view in this partition; a log that can't be read stops all of them there.
void Projector::note_fault(Partition partition, Fault fault) {
    if (!is_damage(fault)) return;
    for (const auto& track : tracks_) {
        if (!track->failure()) continue;
        track->halt(partition, std::move(fault));
        return;
    }
    readers_[partition.number].halted = std::move(fault);
}

Status Projector::write(const Batch& batch) {
    if (batch.step.records == 0) return {};
    ports::StoreBatch changes;
    if (GRANARY_MUTANT(view_position_first)) {
        for (const auto& track : tracks_) track->collect_positions(changes);
        if (auto written = store_.write(std::exchange(changes, {}), ports::Durability::process); !written) return written;
    }
    for (const auto& track : tracks_) track->collect(changes);
    return store_.write(changes, ports::Durability::process);
}

void Projector::forget(const Batch& batch) {
    for (const auto& track : tracks_) track->forget();
    for (const std::uint32_t partition : batch.read) {
        readers_[partition].reader.reset();
        grown_[partition].store(true, std::memory_order_release);
    }
}

FoldStep Projector::settle(Batch& batch) {
    for (const auto& track : tracks_) track->settle();
    for (const std::uint32_t partition : batch.read) {
        const Offset passed = readers_[partition].passed;
        for (const auto& track : tracks_) track->pass({{partition}, passed});
        batch.step.moved.push_back({partition});
    }
    batch.step.more = anything_grown();
    return std::move(batch.step);
}

Offset Projector::folded(Partition partition, const std::vector<std::string>& tables) const {
    return folded(std::vector{partition}, tables).front();
}

std::vector<Offset> Projector::folded(const std::vector<Partition>& partitions, const std::vector<std::string>& tables) const {
    std::vector<Offset> slowest(partitions.size());
    for (std::size_t t = 0; t < tables.size(); ++t) {
        const Track* found = track(tables[t]);
        for (std::size_t i = 0; i < partitions.size(); ++i) {
            const Offset passed = found == nullptr ? Offset{} : found->passed(partitions[i]);
            if (t == 0 || passed < slowest[i]) slowest[i] = passed;
        }
    }
    return slowest;
}

Time Projector::folded_time(Partition partition, const std::string& table) const {
    const Track* found = track(table);
    return found == nullptr ? Time{} : found->stored(partition).time;
}

std::vector<HaltedPart> Projector::halted() const {
    std::vector<HaltedPart> parts;
    for (std::uint32_t i = 0; i < partitions(); ++i) {
        if (const auto& why = readers_[i].halted) parts.push_back({{}, {i}, *why});
        for (const auto& track : tracks_) {
            if (const auto& why = track->halted({i})) parts.push_back({track->table(), {i}, *why});
        }
    }
    return parts;
}

bool Projector::has_reached(const std::string& table, const std::vector<std::string>& others) const {
    const Track* first = track(table);
    if (first == nullptr) return false;
    for (const auto& other : others) {
        const Track* second = track(other);
        for (std::uint32_t i = 0; i < partitions() && second != nullptr; ++i) {
            if (first->stored({i}).anchor.offset < second->stored({i}).anchor.offset) return false;
        }
    }
    return true;
}

bool Projector::aligned(const std::string& a, const std::string& b) const {
    const Track* first = track(a);
    const Track* second = track(b);
    if (first == nullptr || second == nullptr) return false;
    for (std::uint32_t i = 0; i < partitions(); ++i) {
        if (first->stored({i}).anchor != second->stored({i}).anchor) return false;
    }
    return true;
}

}  // namespace granary::projections
