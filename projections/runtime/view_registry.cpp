// Generations by the book: first the store, then memory.
#include "projections/runtime/view_registry.hpp"

#include <algorithm>
#include <utility>

#include "projections/views/table.hpp"
#include "query-side/read_models/keys.hpp"

namespace granary::projections {
namespace {

constexpr std::string_view no_such_view = "there is no such view; `granary projection list` names them";

bool is_of(const Generation& generation, std::string_view view, std::uint64_t number) {
    return generation.view == view && generation.number == number;
}

}  // namespace

Result<std::unique_ptr<ViewRegistry>> ViewRegistry::open(ports::Store& store) {
    for (const auto table : {views_table, positions_table}) {
        if (auto created = store.create_table(table); !created) return std::unexpected(std::move(created.error()));
    }
    auto stored = read_stored_views(store);
    if (!stored) return std::unexpected(std::move(stored.error()));
    std::unique_ptr<ViewRegistry> registry(new ViewRegistry(store));
    registry->generations_ = std::move(stored->generations);
    for (auto& [view, number] : stored->live) registry->live_[view] = number;
    for (const auto& view : views::all) {
        if (auto ensured = registry->ensure(view.name, view.version); !ensured) return std::unexpected(ensured.error());
    }
    return registry;
}

Status ViewRegistry::ensure(std::string_view view, std::uint32_t version) {
    if (auto dropped = drop_stale(view, version); !dropped) return dropped;
    auto live_number = live(view);
    if (!live_number) {
        auto added = add(view, version, GenerationState::folding, {});
        if (!added) return std::unexpected(std::move(added.error()));
        live_number = added->number;
    }
    for (const auto& generation : generations(view)) {
        if (auto created = store_.create_table(generation.table()); !created) return created;
    }
    return set_live(view, *live_number);
}

Status ViewRegistry::drop_stale(std::string_view view, std::uint32_t version) {
    const auto live_number = live(view);
    bool live_stands = false;
    for (const auto& generation : generations(view)) {
        if (generation.version == version) {
            live_stands = live_stands || generation.number == live_number;
        } else if (auto forgotten = forget(generation); !forgotten) {
            return forgotten;
        }
    }
    if (!live_stands) live_.erase(std::string(view));
    return {};
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
    const auto* known = views::find(view);
    if (known == nullptr) return fault(FaultCode::not_found, std::string(no_such_view));
    return add(view, known->version, GenerationState::building, std::move(target));
}

Status ViewRegistry::finish_building(const Generation& generation) {
    Generation finished = generation;
    finished.state = GenerationState::folding;
    finished.target.clear();
    ports::StoreBatch batch;
    batch.put(views_table, generation_key(finished.view, finished.number), encode(finished));
    if (auto written = store_.write(batch, ports::Durability::device); !written) return written;
    const std::lock_guard lock(mutex_);
    for (auto& known : generations_) {
        if (is_of(known, finished.view, finished.number)) known = finished;
    }
    return {};
}

Status ViewRegistry::set_live(std::string_view view, std::uint64_t number) {
    ports::StoreBatch batch;
    batch.put(views_table, live_key(view), read_models::KeyWriter().number(number).take());
    if (auto written = store_.write(batch, ports::Durability::device); !written) return written;
    const std::lock_guard lock(mutex_);
    live_[std::string(view)] = number;
    tables_[std::string(view)] =
        std::make_shared<const std::string>(Generation{std::string(view), number, 0, GenerationState::folding, {}}.table());
    return {};
}

Status ViewRegistry::promote(std::string_view view, std::uint64_t number) {
    const auto generation = find(view, number);
    if (!generation) return fault(FaultCode::not_found, "there is no such generation; `granary projection list` names them");
    if (generation->state == GenerationState::building) {
        return fault(FaultCode::conflict, generation->table() + " is still being built; finish the rebuild first");
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
