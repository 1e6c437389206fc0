// The order of steps that keeps a rebuilt view and the live one comparable.
#include "projections/runtime/projection_admin.hpp"

#include <algorithm>
#include <utility>

#include "projections/runtime/pace.hpp"
#include "projections/runtime/rebuild_limits.hpp"
#include "projections/views/table.hpp"

namespace granary::projections {
namespace {

std::unexpected<Fault> busy() {
    return fault(FaultCode::conflict, "another rebuild or comparison is running; wait until it has ended");
}

std::unexpected<Fault> no_such_view(std::string_view view) {
    return fault(FaultCode::not_found, "there is no view named '" + std::string(view) + "'; `granary projection list` names them");
}

// Folds on until `reached`; a step that finds nothing new ends it.
template <class Reached>
Status step_until(Projector& projector, Reached reached) {
    bool more = true;
    while (!reached()) {
        if (!more) return fault(FaultCode::halted, "a view or the log is halted, so two tables can't be brought to one position; see `granary log verify`");
        auto stepped = projector.step();
        if (!stepped) return std::unexpected(std::move(stepped.error()));
        more = stepped->more;
    }
    return {};
}

PositionVector positions_of(const Track& track, std::uint32_t partitions) {
    PositionVector positions(partitions);
    for (std::uint32_t i = 0; i < partitions; ++i) positions[i] = track.stored({i}).anchor.offset;
    return positions;
}

}  // namespace

Result<ViewEntry> ProjectionAdmin::entry_of(const Generation& generation, const std::vector<Offset>& ends) {
    auto stored = read_positions(store_, generation.table(), static_cast<std::uint32_t>(ends.size()));
    if (!stored) return std::unexpected(std::move(stored.error()));
    ViewEntry entry{generation.view, generation.number, generation.table(), generation.version,
                    registry_.live(generation.view) == generation.number,
                    generation.state == GenerationState::building, registry_.is_folded(generation), {}, 0, {}};
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const FoldedTo at = (*stored)[i].value_or(FoldedTo{});
        entry.positions.push_back(at.anchor.offset);
        const std::int64_t behind = ends[i].number - 1 - at.anchor.offset.number;
        if (behind <= 0) continue;
        entry.lag_records += static_cast<std::uint64_t>(behind);
        if (at.time.unix_us != 0) entry.lag = std::max(entry.lag, clock_.now() - at.time);
    }
    return entry;
}

Result<std::vector<ViewEntry>> ProjectionAdmin::list() {
    auto ends = ends_of(log_);
    if (!ends) return std::unexpected(std::move(ends.error()));
    std::vector<ViewEntry> entries;
    for (const auto& generation : registry_.generations()) {
        auto entry = entry_of(generation, *ends);
        if (!entry) return std::unexpected(std::move(entry.error()));
        entries.push_back(std::move(*entry));
    }
    return entries;
}

// The one that was begun before, or a new one.
Result<Generation> ProjectionAdmin::begin(std::string_view view) {
    std::optional<Generation> begun;
    for (const auto& generation : registry_.generations(view)) {
        if (generation.state == GenerationState::building) begun = generation;
    }
    if (begun && !begun->target.empty()) return *begun;
    auto ends = ends_of(log_);
    if (!ends) return std::unexpected(std::move(ends.error()));
    return begun ? registry_.retarget(*begun, std::move(*ends)) : registry_.create(view, std::move(*ends));
}

// What came into the log meanwhile is built as well, until little is left: the live views fold the rest with everything else,
// and must not have to go back far for it.
Result<RebuildProgress> ProjectionAdmin::build_up_to_now(Generation& generation, const RebuildOptions& options) {
    RebuildProgress whole;
    for (std::size_t round = 0;; ++round) {
        auto built = projections::rebuild(log_, store_, clock_, generation, options);
        if (!built) return built;
        whole = {built->done, built->total, whole.events + built->events, whole.elapsed + built->elapsed};
        auto ends = ends_of(log_);
        if (!ends) return std::unexpected(std::move(ends.error()));
        std::int64_t left = 0;
        for (std::size_t i = 0; i < ends->size(); ++i) left += (*ends)[i].number - generation.target[i].number;
        if (left <= limits::rebuild_left_over_max || round + 1 >= limits::rebuild_rounds_max) return whole;
        auto retargeted = registry_.retarget(generation, std::move(*ends));
        if (!retargeted) return std::unexpected(std::move(retargeted.error()));
        generation = std::move(*retargeted);
    }
}

Result<RebuildReport> ProjectionAdmin::build(std::string_view view, const RebuildOptions& options) {
    if (!knows(view)) return no_such_view(view);
    auto generation = begin(view);
    if (!generation) return std::unexpected(std::move(generation.error()));
    auto built = build_up_to_now(*generation, options);
    if (!built) return std::unexpected(std::move(built.error()));
    // Folded from here on, or still being built: never entered as folded while nobody folds it.
    auto adopted = folding_.between_steps([&](Projector& projector) -> Status {
        if (auto taken = projector.adopt(*generation); !taken) return taken;
        const auto finished = registry_.finish_building(*generation);
        if (finished) return {};
        projector.drop(generation->table());
        return std::unexpected(finished.error());
    });
    if (!adopted) return std::unexpected(std::move(adopted.error()));
    return RebuildReport{std::string(view), generation->number, generation->table(), *built};
}

// Live views that are behind go first; whoever waits for a table that is missing is told how far it is.
RebuildOptions ProjectionAdmin::beside_live(std::string_view view, RebuildOptions options) {
    options.views = registry_.views();
    if (!options.must_wait) options.must_wait = [this] { return folding_.needs_room(); };
    options.on_progress = [this, view = std::string(view), tell = std::move(options.on_progress)](const RebuildProgress& progress) {
        registry_.note_building(view, progress.done, progress.total);
        if (tell) tell(progress);
    };
    return options;
}

Result<RebuildReport> ProjectionAdmin::rebuild(std::string_view view, const RebuildOptions& options) {
    const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
    if (!lock.owns_lock()) return busy();
    return build(view, beside_live(view, options));
}

std::optional<Generation> ProjectionAdmin::newest_rebuilt(std::string_view view) {
    std::optional<Generation> newest;
    const auto live = registry_.live(view);
    for (const auto& generation : registry_.folded()) {
        if (generation.view == view && generation.number > live) newest = generation;
    }
    return newest;
}

// One that an upgrade before this one had come so far with. Its number says nothing: after a way back it may be the smaller one.
std::optional<Generation> ProjectionAdmin::newest_of_this_version(std::string_view view) {
    std::optional<Generation> newest;
    const auto* known = views::find(view, registry_.views());
    for (const auto& generation : registry_.folded()) {
        if (known != nullptr && generation.view == view && generation.version == known->version && generation.number != registry_.live(view)) newest = generation;
    }
    return newest;
}

Result<Generation> ProjectionAdmin::made_by(const RebuildReport& built) const {
    auto generation = registry_.find(built.view, built.generation);
    if (!generation) return fault(FaultCode::conflict, built.table + " was discarded meanwhile");
    return std::move(*generation);
}

Result<Match> ProjectionAdmin::match_with_live(std::string_view view) const {
    const auto* known = views::find(view, registry_.views());
    if (known == nullptr) return no_such_view(view);
    const auto live = registry_.live_generation(view);
    if (!live) return fault(FaultCode::unavailable, registry_.why_missing(view));
    if (live->version == known->version) return Match::bytes;
    if (known->has_keys_of(live->version)) return Match::keys;
    return fault(FaultCode::unsupported, live->table() + " is of version " + std::to_string(live->version) + ", whose rows have other keys than those of this build's version " +
                                             std::to_string(known->version) + ": nothing could be compared; rebuild and promote");
}

Result<VerifyReport> ProjectionAdmin::verify(std::string_view view, const RebuildOptions& wanted) {
    const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
    if (!lock.owns_lock()) return busy();
    const auto match = match_with_live(view);
    if (!match) return std::unexpected(match.error());
    const RebuildOptions options = beside_live(view, wanted);
    auto rebuilt = newest_rebuilt(view);
    const bool made_for_this = !rebuilt;
    if (made_for_this) {
        const auto built = build(view, options);
        if (!built) return std::unexpected(built.error());
        auto made = made_by(*built);
        if (!made) return std::unexpected(std::move(made.error()));
        rebuilt = std::move(*made);
    }
    VerifyReport report{std::string(view), *registry_.live_table(view), rebuilt->table(), *match, {}, {}};
    auto compared = compare_with(*rebuilt, report, options);
    if (made_for_this) {
        if (auto dropped = drop(*rebuilt); !dropped) return std::unexpected(std::move(dropped.error()));
    }
    if (!compared) return std::unexpected(std::move(compared.error()));
    report.comparison = std::move(*compared);
    return report;
}

Result<Comparison> ProjectionAdmin::compare_with(const Generation& rebuilt, VerifyReport& report,
                                                 const RebuildOptions& options) {
    auto snapshot = snapshot_when_aligned(report.live, rebuilt.table(), report.positions);
    if (!snapshot) return std::unexpected(std::move(snapshot.error()));
    const Duration began = clock_.monotonic();
    Pace pace(clock_, options.records_per_second, options.must_wait, options.stop);
    std::uint64_t before = 0;
    return compare(**snapshot, report.live, rebuilt.table(), report.match, [&](std::uint64_t rows) -> Status {
        if (options.stop.stop_requested()) return interrupted("the comparison");
        if (options.on_progress) options.on_progress({rows, 0, 0, clock_.monotonic() - began});
        pace.rest(rows - std::exchange(before, rows));
        return {};
    });
}

// A table that is not served, or has other keys, tells nothing about the new one.
Result<std::optional<Comparison>> ProjectionAdmin::compare_with_former(std::string_view view, const Generation& rebuilt, const RebuildOptions& options) {
    const auto match = match_with_live(view);
    if (!match) return std::nullopt;
    VerifyReport report{std::string(view), *registry_.live_table(view), rebuilt.table(), *match, {}, {}};
    auto compared = compare_with(rebuilt, report, options);
    if (!compared) return std::unexpected(std::move(compared.error()));
    return std::move(*compared);
}

Result<UpgradeReport> ProjectionAdmin::upgrade(std::string_view view, const RebuildOptions& wanted) {
    const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
    if (!lock.owns_lock()) return busy();
    const auto waiting = registry_.outdated();
    if (std::ranges::find(waiting, view) == waiting.end()) return fault(FaultCode::not_found, "the view " + std::string(view) + " is of this build's version");
    const auto former = registry_.live_generation(view);
    const RebuildOptions options = beside_live(view, wanted);
    UpgradeReport report{std::string(view), former ? former->table() : "", "", {}, {}};
    auto rebuilt = newest_of_this_version(view);
    if (!rebuilt) {
        const auto built = build(view, options);
        if (!built) return std::unexpected(built.error());
        report.progress = built->progress;
        auto made = made_by(*built);
        if (!made) return std::unexpected(std::move(made.error()));
        rebuilt = std::move(*made);
    }
    auto compared = compare_with_former(view, *rebuilt, options);
    if (!compared) return std::unexpected(std::move(compared.error()));
    report.compared = std::move(*compared);
    if (report.compared && !report.compared->equal()) {
        return fault(FaultCode::conflict, rebuilt->table() + " has other keys than " + report.former + " at the same position, so it was not promoted: the first is " + text_of_key(report.compared->named.front().key));
    }
    if (auto promoted = switch_over(view, rebuilt->number); !promoted) return std::unexpected(std::move(promoted.error()));
    report.table = rebuilt->table();
    return report;
}

// Both tables are folded in the same batches, so once the rebuilt one has caught up they stand at one position between any
// two steps; the snapshot is taken right there.
Result<std::unique_ptr<ports::StoreSnapshot>> ProjectionAdmin::snapshot_when_aligned(const std::string& live,
                                                                                    const std::string& rebuilt,
                                                                                    PositionVector& positions) {
    std::unique_ptr<ports::StoreSnapshot> snapshot;
    const auto align = [&](Projector& projector) -> Status {
        const auto aligned = [&] { return projector.aligned(live, rebuilt); };
        if (auto stepped = step_until(projector, aligned); !stepped) return stepped;
        snapshot = store_.snapshot();
        positions = positions_of(*projector.track(live), projector.partitions());
        return {};
    };
    if (auto aligned = folding_.between_steps(align); !aligned) return std::unexpected(std::move(aligned.error()));
    return snapshot;
}

std::vector<std::string> ProjectionAdmin::live_tables() const {
    std::vector<std::string> tables;
    for (const auto& view : registry_.views()) {
        if (const auto table = registry_.live_table(view.name)) tables.push_back(*table);
    }
    return tables;
}

Status ProjectionAdmin::switch_over(std::string_view view, std::uint64_t number) {
    return folding_.between_steps([&](Projector& projector) -> Status {
        // Readers never go back in time: the new table first gets to where the live ones are.
        const auto former = registry_.live_generation(view);
        const std::string rebuilt = Generation{std::string(view), number, 0, GenerationState::folding, {}}.table();
        const auto known = registry_.find(view, number);
        if (known && known->state == GenerationState::folding && projector.track(rebuilt) == nullptr) {
            return fault(FaultCode::conflict, rebuilt + " is not kept up to date any more, and would stand still; rebuild the view, or start the program whose version it is");
        }
        if (projector.track(rebuilt) != nullptr) {
            if (auto caught_up = step_until(projector, [&] { return projector.has_reached(rebuilt, live_tables()); }); !caught_up) return caught_up;
        }
        if (auto promoted = registry_.promote(view, number); !promoted) return promoted;
        // One of another version stands still from here on.
        const auto folded = registry_.folded();
        if (former && std::ranges::find(folded, former->table(), &Generation::table) == folded.end()) projector.drop(former->table());
        return {};
    });
}

// What is not kept up to date can't be brought to one position with the live table: whether it may be promoted is for switch_over to say.
Status ProjectionAdmin::find_difference(std::string_view view, std::uint64_t number, const RebuildOptions& options) {
    const auto rebuilt = registry_.find(view, number);
    if (!rebuilt || !registry_.is_folded(*rebuilt) || registry_.live(view) == number) return {};
    const auto compared = compare_with_former(view, *rebuilt, options);
    if (!compared) return std::unexpected(compared.error());
    if (!*compared || (*compared)->equal()) return {};
    const auto& first = (*compared)->named.front();
    return fault(FaultCode::conflict, rebuilt->table() + " and the live table differ in " + std::to_string((*compared)->differences) + " rows at the same position, so it was not promoted: the first is " + text_of_key(first.key) +
                                          ", last changed by the event at " + text_of(first.last_event) + "; where the live one is the wrong one, promote unverified");
}

Result<ViewEntry> ProjectionAdmin::promote(std::string_view view, std::optional<std::uint64_t> number, const RebuildOptions& options, bool unverified) {
    if (!knows(view)) return no_such_view(view);
    const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
    if (!lock.owns_lock()) return busy();
    const auto generations = registry_.generations(view);
    const std::uint64_t wanted = number.value_or(generations.empty() ? 0 : generations.back().number);
    if (auto equal = unverified ? Status() : find_difference(view, wanted, beside_live(view, options)); !equal) return std::unexpected(std::move(equal.error()));
    if (auto promoted = switch_over(view, wanted); !promoted) return std::unexpected(std::move(promoted.error()));
    auto ends = ends_of(log_);
    if (!ends) return std::unexpected(std::move(ends.error()));
    const auto found = std::ranges::find(generations, wanted, &Generation::number);
    return entry_of(*found, *ends);
}

Status ProjectionAdmin::drop(const Generation& generation) {
    auto dropped = folding_.between_steps([&](Projector& projector) {
        projector.drop(generation.table());
        return Status{};
    });
    if (!dropped) return dropped;
    return registry_.discard(generation.view, generation.number);
}

Result<std::size_t> ProjectionAdmin::discard(std::string_view view, std::optional<std::uint64_t> number) {
    const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
    if (!lock.owns_lock()) return busy();
    if (!knows(view)) return no_such_view(view);
    const auto live = registry_.live(view);
    if (number && number == live) return fault(FaultCode::conflict, "generation " + std::to_string(*number) + " of " + std::string(view) + " is live; promote another one first");
    std::size_t dropped = 0;
    for (const auto& generation : registry_.generations(view)) {
        if (generation.number == live || (number && generation.number != *number)) continue;
        if (auto gone = drop(generation); !gone) return std::unexpected(std::move(gone.error()));
        ++dropped;
    }
    if (number && dropped == 0) return fault(FaultCode::not_found, std::string(view) + " has no generation " + std::to_string(*number));
    return dropped;
}

}  // namespace granary::projections
