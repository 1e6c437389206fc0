// The notes of a store with one generation of one view, written in the order that makes a half-made one no view at all.
#include "projections/runtime/single_view.hpp"

#include <algorithm>
#include <utility>

#include "query-side/read_models/keys.hpp"

namespace granary::projections {
namespace {

constexpr std::uint64_t rows_between_reports = 4096;

std::unexpected<Fault> not_there(std::string_view view) {
    return fault(FaultCode::not_found, "the view " + std::string(view) + " has not been folded here yet, or not by this version of the program; start the server once");
}

Status make_tables(ports::Store& store, const Generation& generation) {
    for (const std::string& table : {std::string(views_table), std::string(positions_table), generation.table()}) {
        if (auto created = store.create_table(table); !created) return created;
    }
    return {};
}

// From here on it is the live one.
Status note_live(ports::Store& store, const Generation& generation) {
    ports::StoreBatch batch;
    batch.put(views_table, generation_key(generation.view, generation.number), encode(generation));
    batch.put(views_table, live_key(generation.view), read_models::KeyWriter().number(generation.number).take());
    return store.write(batch, ports::Durability::device);
}

Result<Generation> live_generation(const StoredViews& stored, std::string_view view, views::Table views) {
    const auto live = std::ranges::find(stored.live, view, &std::pair<std::string, std::uint64_t>::first);
    const auto* known = views::find(view, views);
    if (live == stored.live.end() || known == nullptr) return not_there(view);
    for (const auto& generation : stored.generations) {
        if (generation.view == view && generation.number == live->second && known->reads(generation.version)) return generation;
    }
    return not_there(view);
}

}  // namespace

PositionVector StoredView::positions() const {
    PositionVector positions;
    for (const auto& partition : folded) positions.push_back(partition ? partition->anchor.offset : Offset{});
    return positions;
}

Result<StoredView> find_live(const ports::Store& store, std::string_view view, std::uint32_t partitions, views::Table views) {
    const auto stored = read_stored_views(store);
    if (!stored) return std::unexpected(stored.error());
    auto generation = live_generation(*stored, view, views);
    if (!generation) return std::unexpected(std::move(generation.error()));
    auto folded = read_positions(store, generation->table(), partitions);
    if (!folded) return std::unexpected(std::move(folded.error()));
    return StoredView{std::move(*generation), std::move(*folded)};
}

Result<StoredView> copy_view(const ports::Store& from, std::string_view view, std::uint32_t partitions, ports::Store& to,
                             const std::function<Status(std::uint64_t)>& on_rows, views::Table views) {
    const auto stored = read_stored_views(from);
    if (!stored) return std::unexpected(stored.error());
    const auto original = live_generation(*stored, view, views);
    if (!original) return std::unexpected(original.error());
    StoredView copy{{std::string(view), 1, original->version, GenerationState::folding, {}}, std::vector<std::optional<FoldedTo>>(partitions)};
    if (auto made = make_tables(to, copy.generation); !made) return std::unexpected(std::move(made.error()));
    auto loader = to.load(copy.generation.table());
    if (!loader) return std::unexpected(std::move(loader.error()));
    // Rows and positions of one moment: they were written together.
    const auto snapshot = from.snapshot();
    ports::StoreBatch positions;
    for (std::uint32_t number = 0; number < partitions; ++number) {
        auto bytes = snapshot->get(positions_table, position_key(original->table(), {number}));
        if (!bytes) return std::unexpected(std::move(bytes.error()));
        if (!*bytes) continue;
        const auto folded = decode_folded_to(**bytes);
        if (!folded) return std::unexpected(folded.error());
        copy.folded[number] = *folded;
        positions.put(positions_table, position_key(copy.generation.table(), {number}), std::move(**bytes));
    }
    std::uint64_t rows = 0;
    Status outcome;
    auto scanned = snapshot->scan(original->table(), {}, {}, [&](std::string_view key, std::string_view value) {
        outcome = (*loader)->add(key, value);
        if (outcome && on_rows && ++rows % rows_between_reports == 0) outcome = on_rows(rows);
        return outcome.has_value();
    });
    if (!scanned) return std::unexpected(std::move(scanned.error()));
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    if (auto finished = (*loader)->finish_with(positions); !finished) return std::unexpected(std::move(finished.error()));
    if (auto noted = note_live(to, copy.generation); !noted) return std::unexpected(std::move(noted.error()));
    return copy;
}

Result<RebuildProgress> build_view(ports::Log& log, ports::Store& store, const ports::Clock& clock, std::string_view view,
                                   std::vector<Offset> ends, RebuildOptions options) {
    const auto* known = views::find(view, options.views);
    if (known == nullptr) return fault(FaultCode::not_found, "there is no view named " + std::string(view));
    Generation generation{std::string(view), 1, known->version, GenerationState::building, std::move(ends)};
    if (auto made = make_tables(store, generation); !made) return std::unexpected(std::move(made.error()));
    auto built = rebuild(log, store, clock, generation, options);
    if (!built) return built;
    generation.state = GenerationState::folding;
    generation.target.clear();
    if (auto noted = note_live(store, generation); !noted) return std::unexpected(std::move(noted.error()));
    return built;
}

}  // namespace granary::projections
