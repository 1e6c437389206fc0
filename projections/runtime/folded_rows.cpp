// A two-generation cache with the changes of the running batch on top. Slots of a map never move, so pointers to them hold.
#include "projections/runtime/folded_rows.hpp"

#include <algorithm>

#include "core/mutants.hpp"
#include "query-side/read_models/row.hpp"

namespace granary::projections {
namespace {

constexpr std::size_t slot_overhead_bytes = 160;  // map node, cell and decoded fields beyond the encoded row

}  // namespace

FoldedRows::FoldedRows(RowSource source, std::size_t kept_bytes_max)
    : source_(std::move(source)), kept_bytes_max_(kept_bytes_max) {}

FoldedRows::Slot* FoldedRows::find(const std::string& key) {
    const auto young = young_.find(key);
    if (young != young_.end()) return &young->second;
    const auto old = old_.find(key);
    if (old == old_.end()) return nullptr;
    young_bytes_ += old->second.bytes;
    auto node = old_.extract(old);
    return &young_.insert(std::move(node)).position->second;
}

FoldedRows::Slot* FoldedRows::load(const std::string& key, views::CellDecoder decode) {
    auto stored = source_(key);
    if (!stored) {
        if (!failure_) failure_ = std::move(stored.error());
        return nullptr;
    }
    Slot slot;
    slot.bytes = key.size() + slot_overhead_bytes;
    if (*stored) {
        const auto row = read_models::parse_row(**stored);
        if (row) slot.cell = decode(row->payload);
        if (!slot.cell) {
            if (!failure_) failure_ = Fault{FaultCode::corrupt, "a stored row can't be read; rebuild the view"};
            return nullptr;
        }
        slot.bytes += row->payload.size() * 2;
    }
    young_bytes_ += slot.bytes;
    return &young_.emplace(key, std::move(slot)).first->second;
}

void FoldedRows::mark(const std::string& key, Slot& slot) {
    slot.changed_at = at_;
    if (slot.changed) return;
    slot.changed = true;
    changed_.emplace_back(&young_.find(key)->first, &slot);
}

FoldedRows::Slot& FoldedRows::claim(const std::string& key) {
    Slot* slot = find(key);
    if (slot == nullptr) slot = &young_.try_emplace(key).first->second;
    mark(key, *slot);
    return *slot;
}

views::Cell* FoldedRows::edit_cell(const std::string& key, views::CellDecoder decode) {
    Slot* slot = find(key);
    if (slot == nullptr) slot = load(key, decode);
    if (slot == nullptr || !slot->cell) return nullptr;
    mark(key, *slot);
    return slot->cell.get();
}

void FoldedRows::put_cell(const std::string& key, std::unique_ptr<views::Cell> cell) { claim(key).cell = std::move(cell); }

void FoldedRows::remove(const std::string& key) { claim(key).cell.reset(); }

std::optional<std::string> FoldedRows::value_of(Slot& slot) {
    if (!slot.cell) return std::nullopt;
    std::string value = read_models::stamped(slot.changed_at, slot.cell->payload());
    slot.bytes = value.size() * 2 + slot_overhead_bytes;
    return value;
}

void FoldedRows::collect(std::string_view table, ports::StoreBatch& batch) {
    for (auto& [key, slot] : changed_) batch.changes.push_back({std::string(table), *key, value_of(*slot)});
}

Status FoldedRows::visit(const ChangeVisitor& visit) {
    for (auto& [key, slot] : changed_) {
        if (auto visited = visit(*key, value_of(*slot)); !visited) return visited;
    }
    return {};
}

void FoldedRows::settle() {
    for (auto& [key, slot] : changed_) {
        slot->changed = false;
        if (!slot->cell || !slot->cell->comes_back()) {
            young_.erase(young_.find(*key));
            continue;
        }
        young_bytes_ += slot->bytes;
    }
    changed_.clear();
    if (young_bytes_ <= kept_bytes_max_ / 2) return;
    old_ = std::move(young_);
    young_.clear();
    young_bytes_ = 0;
    if (kept_bytes_max_ == 0) old_.clear();
}

void FoldedRows::forget() {
    if (GRANARY_MUTANT(view_cache_kept)) {
        for (auto& [key, slot] : changed_) slot->changed = false;
        changed_.clear();
        failure_.reset();
        return;
    }
    changed_.clear();
    young_.clear();
    old_.clear();
    young_bytes_ = 0;
    failure_.reset();
}

}  // namespace granary::projections
