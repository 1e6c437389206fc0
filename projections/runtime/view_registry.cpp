// Generations by the book: first the store, then memory.
#include "projections/runtime/view_registry.hpp"

#include <algorithm>
#include <utility>

#include "query-side/read_models/keys.hpp"

namespace granary::projections {
namespace {

constexpr std::string_view unknown_view = "there is no such view; `granary projection list` names them";

bool is_of(const Generation& generation, std::string_view view, std::uint64_t number) {
    return generation.view == view && generation.number == number;
}

// Nothing was folded into it: a process may have ended when some views were entered and others not yet.
Result<bool> is_new(const ports::Store& store, bool nothing_live) {
    bool is_empty = true;
    const auto scanned = store.scan(positions_table, "", {}, [&](std::string_view, std::string_view) { return is_empty = false; });
    if (!scanned) return std::unexpected(scanned.error());
    return is_empty || nothing_live;
}

// A table is made before it is entered, and goes after its entry: one that is missing was lost with a damaged file. Then nothing that
// the others say is sure.
Status drop_all_if_incomplete(ports::Store& store, const ViewRegistry::BegunAfresh& begun_afresh) {
    const auto existing = store.tables();
    const auto exists = [&](std::string_view table) { return std::ranges::find(existing, table) != existing.end(); };
    // A process that was killed at its first start may have made one of the two.
    bool is_complete = std::ranges::all_of(existing, [](const auto& table) { return table == views_table || table == positions_table; });
    if (exists(views_table)) {
        const auto stored = read_stored_views(store);
        if (!stored) return std::unexpected(stored.error());
        const auto& generations = stored->generations;
        is_complete = (exists(positions_table) || generations.empty()) && std::ranges::all_of(generations, [&](const Generation& generation) { return exists(generation.table()); });
    }
    if (is_complete || existing.empty()) return {};
    if (!begun_afresh) {
        return fault(FaultCode::corrupt,
                     "tables of the views are missing: a damaged file took them along; nothing is lost, the server makes them afresh when it starts");
    }
    begun_afresh("tables of the views are missing: a damaged file took them along");
    for (const auto& table : existing) {
        if (auto dropped = store.drop_table(table); !dropped) return dropped;
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<ViewRegistry>> ViewRegistry::open(ports::Store& store, views::Table views, const BegunAfresh& begun_afresh) {
    if (auto dropped = drop_all_if_incomplete(store, begun_afresh); !dropped) return std::unexpected(std::move(dropped.error()));
    for (const auto table : {views_table, positions_table}) {
        if (auto created = store.create_table(table); !created) return std::unexpected(std::move(created.error()));
    }
    auto stored = read_stored_views(store);
    if (!stored) return std::unexpected(std::move(stored.error()));
    std::unique_ptr<ViewRegistry> registry(new ViewRegistry(store, views));
    registry->generations_ = std::move(stored->generations);
    for (auto& [view, number] : stored->live) registry->live_[view] = number;
    const auto store_is_new = is_new(store, registry->live_.empty());
    if (!store_is_new) return std::unexpected(store_is_new.error());
    for (const auto& view : views) {
        if (auto ensured = registry->ensure(view, *store_is_new); !ensured) return std::unexpected(ensured.error());
    }
    return registry;
}

Status ViewRegistry::ensure(const views::View& view, bool store_is_new) {
    if (auto dropped = drop_half_built(view); !dropped) return dropped;
    for (const auto& generation : generations(view.name)) {
        if (auto created = store_.create_table(generation.table()); !created) return created;
    }
    const auto before = live_generation(view.name);
    if (!before && store_is_new) return start_anew(view);
    if (before && before->version == view.version) {
        show(view.name, before->number);
        return {};
    }
    if (auto reopened = reopen(view); !reopened) return reopened;
    if (before && view.reads(before->version)) {
        show(view.name, before->number);
    } else {
        // Kept, and not served.
        const std::lock_guard lock(mutex_);
        live_.erase(std::string(view.name));
    }
    return {};
}

Status ViewRegistry::start_anew(const views::View& view) {
    // One may have come to be before a process ended that had no time to make it live.
    for (const auto& generation : generations(view.name)) {
        if (generation.version == view.version && generation.state == GenerationState::folding) return set_live(view.name, generation.number);
    }
    const auto added = add(view.name, view.version, GenerationState::folding, {});
    return added ? set_live(view.name, added->number) : Status(std::unexpected(added.error()));
}

// Generations of this version that nobody has folded for as long as another one was live: a rebuild catches up faster.
Status ViewRegistry::reopen(const views::View& view) {
    for (const auto& generation : generations(view.name)) {
        if (generation.version != view.version || generation.state != GenerationState::folding) continue;
        if (auto reopened = put(generation, GenerationState::building, {}); !reopened) return std::unexpected(reopened.error());
    }
    return {};
}

// What another version had begun, this one can't finish.
Status ViewRegistry::drop_half_built(const views::View& view) {
    for (const auto& generation : generations(view.name)) {
        if (generation.state != GenerationState::building || generation.version == view.version) continue;
        if (auto forgotten = forget(generation); !forgotten) return forgotten;
    }
    return {};
}

std::string ViewRegistry::why_missing(std::string_view view) const {
    const std::lock_guard lock(mutex_);
    std::string why = "the view " + std::string(view) + " is being built for this version of the program";
    const auto building = building_.find(view);
    if (building == building_.end() || building->second.total == 0) return why;
    return why + ": " + std::to_string(building->second.done) + " of " + std::to_string(building->second.total) + " records";
}

void ViewRegistry::note_building(std::string_view view, std::uint64_t done, std::uint64_t total) {
    const std::lock_guard lock(mutex_);
    building_[std::string(view)] = {done, total};
}

std::optional<Generation> ViewRegistry::live_generation(std::string_view view) const {
    const auto number = live(view);
    return number ? find(view, *number) : std::nullopt;
}

bool ViewRegistry::is_folded(const Generation& generation) const {
    const auto* view = views::find(generation.view, views_);
    if (view == nullptr || generation.state != GenerationState::folding) return false;
    // Of an older version only what is served: once another one is, it stands still until it is discarded.
    return generation.version == view->version || (view->reads(generation.version) && live(generation.view) == generation.number);
}

std::vector<Generation> ViewRegistry::folded() const {
    auto found = generations();
    std::erase_if(found, [&](const Generation& generation) { return !is_folded(generation); });
    return found;
}

std::vector<std::string> ViewRegistry::outdated() const {
    std::vector<std::string> names;
    for (const auto& view : views_) {
        const auto generation = live_generation(view.name);
        if (!generation || generation->version != view.version) names.emplace_back(view.name);
    }
    return names;
}

std::shared_ptr<const std::string> ViewRegistry::live_table(std::string_view view) const {
    const std::lock_guard lock(mutex_);
    const auto found = tables_.find(view);
    return found == tables_.end() ? nullptr : found->second;
}

std::vector<Generation> ViewRegistry::generations() const {
    const std::lock_guard lock(mutex_);
    return generations_;
}

std::vector<Generation> ViewRegistry::generations(std::string_view view) const {
    auto found = generations();
    std::erase_if(found, [&](const Generation& generation) { return generation.view != view; });
    return found;
}

std::optional<std::uint64_t> ViewRegistry::live(std::string_view view) const {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(view);
    if (found == live_.end()) return std::nullopt;
    return found->second;
}

std::optional<Generation> ViewRegistry::find(std::string_view view, std::uint64_t number) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(generations_, [&](const auto& g) { return is_of(g, view, number); });
    if (found == generations_.end()) return std::nullopt;
    return *found;
}

Result<Generation> ViewRegistry::add(std::string_view view, std::uint32_t version, GenerationState state,
                                     std::vector<Offset> target) {
    std::uint64_t number = 1;
    for (const auto& other : generations(view)) number = std::max(number, other.number + 1);
    Generation generation{std::string(view), number, version, state, std::move(target)};
    if (auto created = store_.create_table(generation.table()); !created) return std::unexpected(created.error());
    ports::StoreBatch batch;
    batch.put(views_table, generation_key(view, number), encode(generation));
    if (auto written = store_.write(batch, ports::Durability::device); !written) return std::unexpected(written.error());
    const std::lock_guard lock(mutex_);
    generations_.push_back(generation);
    std::ranges::sort(generations_, {}, [](const auto& g) { return std::pair(g.view, g.number); });
    return generation;
}

Result<Generation> ViewRegistry::create(std::string_view view, std::vector<Offset> target) {
    const auto* known = views::find(view, views_);
    if (known == nullptr) return fault(FaultCode::not_found, std::string(unknown_view));
    return add(view, known->version, GenerationState::building, std::move(target));
}

Result<Generation> ViewRegistry::put(Generation generation, GenerationState state, std::vector<Offset> target) {
    generation.state = state;
    generation.target = std::move(target);
    ports::StoreBatch batch;
    batch.put(views_table, generation_key(generation.view, generation.number), encode(generation));
    if (auto written = store_.write(batch, ports::Durability::device); !written) return std::unexpected(std::move(written.error()));
    const std::lock_guard lock(mutex_);
    for (auto& known : generations_) {
        if (is_of(known, generation.view, generation.number)) known = generation;
    }
    return generation;
}

Result<Generation> ViewRegistry::retarget(const Generation& generation, std::vector<Offset> target) {
    return put(generation, GenerationState::building, std::move(target));
}

Result<Generation> ViewRegistry::finish_building(const Generation& generation) { return put(generation, GenerationState::folding, {}); }

Status ViewRegistry::set_live(std::string_view view, std::uint64_t number) {
    ports::StoreBatch batch;
    batch.put(views_table, live_key(view), read_models::KeyWriter().number(number).take());
    if (auto written = store_.write(batch, ports::Durability::device); !written) return written;
    show(view, number);
    return {};
}

void ViewRegistry::show(std::string_view view, std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    live_[std::string(view)] = number;
    tables_[std::string(view)] =
        std::make_shared<const std::string>(Generation{std::string(view), number, 0, GenerationState::folding, {}}.table());
}

Status ViewRegistry::promote(std::string_view view, std::uint64_t number) {
    const auto generation = find(view, number);
    if (!generation) return fault(FaultCode::not_found, "there is no such generation; `granary projection list` names them");
    if (generation->state == GenerationState::building) {
        return fault(FaultCode::conflict, generation->table() + " is still being built; finish the rebuild first");
    }
    const auto* known = views::find(view, views_);
    if (known == nullptr || !known->reads(generation->version)) {
        return fault(FaultCode::conflict, generation->table() + " is of version " + std::to_string(generation->version) + " of the view, which this build does not read");
    }
    return set_live(view, number);
}

Status ViewRegistry::forget(const Generation& generation) {
    ports::StoreBatch batch;
    batch.remove(views_table, generation_key(generation.view, generation.number));
    const auto drop = [&](std::string_view key, std::string_view) {
        batch.remove(positions_table, std::string(key));
        return true;
    };
    const std::string positions = read_models::KeyWriter().word(generation.table()).take();
    auto scanned = store_.scan(positions_table, positions, read_models::end_of_prefix(positions), drop);
    if (!scanned) return scanned;
    if (auto written = store_.write(batch, ports::Durability::device); !written) return written;
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(generations_, [&](const auto& known) { return is_of(known, generation.view, generation.number); });
    }
    auto dropped = store_.drop_table(generation.table());
    if (!dropped && dropped.error().code == FaultCode::not_found) return {};
    return dropped;
}

Status ViewRegistry::discard(std::string_view view, std::uint64_t number) {
    const auto generation = find(view, number);
    if (!generation) return fault(FaultCode::not_found, "there is no such generation; `granary projection list` names them");
    if (live(view) == number) return fault(FaultCode::conflict, generation->table() + " is live; promote another one first");
    return forget(*generation);
}

}  // namespace granary::projections
