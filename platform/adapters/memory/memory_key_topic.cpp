// One vector.
#include "platform/adapters/memory/memory_key_topic.hpp"

#include <algorithm>
#include <ranges>
#include <string>

#include "core/privacy_limits.hpp"

namespace granary::memory {

Status MemoryKeyTopic::append(const std::vector<ports::KeyRecord>& records) {
    const std::scoped_lock lock(mutex_);
    ++appends_;
    const bool fails = appends_fail_ > 0;
    if (fails) --appends_fail_;
    if (!fails || stored_nonetheless_) {
        for (const auto& record : records) {
            records_.push_back({end_, record});
            end_ = end_.next();
        }
    }
    return fails ? fault(FaultCode::timed_out, "the append was not acknowledged") : Status();
}

Result<ports::KeyPage> MemoryKeyTopic::read(Offset from) {
    const std::scoped_lock lock(mutex_);
    if (reads_fail_ > 0) {
        --reads_fail_;
        return fault(FaultCode::unavailable, "the topic of keys is away");
    }
    if (from > end_) return fault(FaultCode::corrupt, "the topic of keys ends before what was read of it");
    ports::KeyPage page{{}, end_, true};
    for (const auto& stored : records_ | std::views::filter([&](const auto& stored) { return stored.offset >= from; })) {
        if (page.records.size() == limits::key_page_records_max) {
            page.next = stored.offset;
            page.at_end = false;
            break;
        }
        page.records.push_back(stored);
    }
    return page;
}

void MemoryKeyTopic::compact() {
    const std::scoped_lock lock(mutex_);
    std::set<std::string> seen;
    std::vector<ports::StoredKeyRecord> kept;
    for (auto& stored : records_ | std::views::reverse) {
        if (seen.insert(stored.record.name).second && stored.record.value) kept.push_back(std::move(stored));
    }
    std::ranges::reverse(kept);
    records_ = std::move(kept);
}

std::vector<ports::StoredKeyRecord> MemoryKeyTopic::records() const {
    const std::scoped_lock lock(mutex_);
    return records_;
}

std::size_t MemoryKeyTopic::appends() const {
    const std::scoped_lock lock(mutex_);
    return appends_;
}

void MemoryKeyTopic::fail_appends(std::size_t count, bool stored) {
    const std::scoped_lock lock(mutex_);
    appends_fail_ = count;
    stored_nonetheless_ = stored;
}

void MemoryKeyTopic::fail_reads(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    reads_fail_ = count;
}

void MemoryKeyTopic::cut(Offset end) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(records_, [&](const auto& stored) { return stored.offset >= end; });
    end_ = end;
}

}  // namespace granary::memory
