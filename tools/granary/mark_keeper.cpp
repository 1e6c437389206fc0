// Whole files, one in the place of the other.
#include "tools/granary/mark_keeper.hpp"

#include <utility>

#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

constexpr unsigned mark_mode = 0644;

}  // namespace

MarkKeeper::MarkKeeper(std::string path, const ports::LogIdentity& log, const AuditMark& begun, Duration interval, const ports::Clock& clock)
    : path_(std::move(path)), log_(log), mark_(begun), interval_(interval), clock_(clock), saved_(clock.monotonic()) {
    mark_.resize(log.partitions);
}

void MarkKeeper::passed(Partition partition, const ChainAnchor& record) {
    mark_[partition.number] = record;
    if (path_.empty() || clock_.monotonic() - saved_ < interval_) return;
    (void)save();
}

Status MarkKeeper::save() { return save(mark_); }

Status MarkKeeper::save(const AuditMark& mark) {
    saved_ = clock_.monotonic();
    return path_.empty() ? Status() : write_whole_file(path_, text_of(log_, mark), mark_mode);
}

}  // namespace granary::cli
