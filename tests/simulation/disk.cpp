// What a batch replaced is remembered until a sync, or until so much came behind it that the device has it surely.
#include "tests/simulation/disk.hpp"

#include <utility>

namespace granary::simulation {
namespace {

constexpr std::size_t unsynced_batches_max = 100;

}  // namespace

Status DiskStore::write(const ports::StoreBatch& batch, ports::Durability durability) {
    if (fuse_ != nullptr && fuse_->stops()) return fault(FaultCode::io_error, "the process has ended");
    if (full_ || schedule_.dice().chance(write_faults_)) return fault(FaultCode::disk_full, "no space is left");
    ports::StoreBatch before;
    if (durability == ports::Durability::process) {
        for (const auto& change : batch.changes) {
            auto value = get(change.table, change.key);
            if (value) before.changes.push_back({change.table, change.key, std::move(*value)});
        }
    }
    if (auto written = MemoryStore::write(batch, durability); !written) return written;
    if (durability == ports::Durability::device) {
        undo_.clear();
        return {};
    }
    undo_.push_back(std::move(before));
    if (undo_.size() > unsynced_batches_max) undo_.pop_front();
    return {};
}

void DiskStore::lose_everything() {
    for (const auto& table : tables()) (void)drop_table(table);
    undo_.clear();
}

void DiskStore::lose_power() {
    std::uint64_t lost = schedule_.dice().below(undo_.size() + 1);
    schedule_.trace("power lost", {lost, undo_.size()});
    for (; lost > 0; --lost) {
        // A key that the batch named twice gets back what it had before the batch.
        ports::StoreBatch back;
        for (auto change = undo_.back().changes.rbegin(); change != undo_.back().changes.rend(); ++change) back.changes.push_back(std::move(*change));
        (void)MemoryStore::write(back, ports::Durability::process);
        undo_.pop_back();
    }
    undo_.clear();
}

}  // namespace granary::simulation
