// One deque per partition, and one over all that says which record is oldest.
#include "platform/adapters/rocksdb/tail_cache.hpp"

#include <mutex>

#include "core/limits.hpp"

namespace granary::rocks {
namespace {

// What a small record costs beside its bytes: the shared block, the handles.
constexpr std::size_t record_overhead_bytes = 96;

}  // namespace

TailCache::TailCache(const std::vector<Offset>& ends, std::size_t bytes_max) : tails_(ends.size()), bytes_max_(bytes_max) {
    for (std::size_t i = 0; i < ends.size(); ++i) tails_[i].end = ends[i].number;
}

void TailCache::publish(std::span<const StoredRecord> records) {
    const std::scoped_lock lock(mutex_);
    for (const auto& record : records) {
        auto& tail = tails_[record.partition.number];
        tail.records.push_back(record.bytes);
        ++tail.end;
        order_.push_back(record.partition.number);
        bytes_ += record.bytes.size() + record_overhead_bytes;
    }
    while (bytes_ > bytes_max_ && !order_.empty()) {
        auto& tail = tails_[order_.front()];
        order_.pop_front();
        bytes_ -= tail.records.front().size() + record_overhead_bytes;
        tail.records.pop_front();
    }
}

Offset TailCache::end(Partition partition) const {
    const std::shared_lock lock(mutex_);
    return {tails_[partition.number].end};
}

bool TailCache::read(Partition partition, Offset from, std::size_t bytes_max, ports::LogPage& page) const {
    const std::shared_lock lock(mutex_);
    const auto& tail = tails_[partition.number];
    page.end = {tail.end};
    const auto begin = tail.end - static_cast<std::int64_t>(tail.records.size());
    if (from.number < begin || from.number > tail.end) return false;
    std::size_t bytes = 0;
    for (page.next = from; page.next < page.end; page.next = page.next.next()) {
        if (page.records.size() >= limits::log_read_records_max || (!page.records.empty() && bytes >= bytes_max)) break;
        const auto& record = tail.records[static_cast<std::size_t>(page.next.number - begin)];
        bytes += record.size();
        page.records.push_back({page.next, record});
    }
    return true;
}

}  // namespace granary::rocks
