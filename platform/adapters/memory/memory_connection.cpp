// Tokens carry the connection's number on their way through the shared log.
#include "platform/adapters/memory/memory_connection.hpp"

#include <algorithm>
#include <utility>

namespace granary::memory {
namespace {

constexpr int stamp_shift = 48;
constexpr std::uint64_t token_mask = (std::uint64_t{1} << stamp_shift) - 1;

}  // namespace

MemoryConnection::MemoryConnection(MemoryLog& log, std::uint16_t number) : log_(log), stamp_(std::uint64_t{number} << stamp_shift) { log_.observe(*this); }

MemoryConnection::~MemoryConnection() { log_.stop_observing(*this); }

std::vector<ports::LogAppend> MemoryConnection::stamped(std::vector<ports::LogAppend> appends) const {
    for (auto& append : appends) append.token |= stamp_;
    return appends;
}

Status MemoryConnection::append(std::vector<ports::LogAppend> appends) {
    {
        const std::scoped_lock lock(mutex_);
        if (cut_) {
            std::ranges::move(appends, std::back_inserter(unsent_));
            return {};
        }
    }
    return log_.append(stamped(std::move(appends)));
}

Result<ports::LogPage> MemoryConnection::read(Partition partition, Offset from, std::size_t bytes_max) {
    auto page = log_.read(partition, from, bytes_max);
    const std::scoped_lock lock(mutex_);
    if (!cut_ || !page) return page;
    const std::int64_t end = ends_[partition.number];
    std::erase_if(page->records, [&](const ports::LogRecord& record) { return record.offset.number >= end; });
    page->end = {end};
    page->next = {std::clamp(page->next.number, from.number, std::max(end, from.number))};
    return page;
}

Result<Offset> MemoryConnection::end(Partition partition) {
    const auto end = log_.end(partition);
    const std::scoped_lock lock(mutex_);
    if (!cut_ || !end) return end;
    return Offset{ends_[partition.number]};
}

Offset MemoryConnection::heard_end(Partition partition) const {
    const Offset end = log_.heard_end(partition);
    const std::scoped_lock lock(mutex_);
    if (!cut_) return end;
    const auto then = ends_.find(partition.number);
    return then == ends_.end() ? Offset{0} : Offset{then->second};
}

void MemoryConnection::observe(ports::LogObserver& observer) {
    const std::scoped_lock lock(observers_mutex_);
    observers_.push_back(&observer);
}

void MemoryConnection::stop_observing(ports::LogObserver& observer) {
    const std::scoped_lock lock(observers_mutex_);
    std::erase(observers_, &observer);
}

void MemoryConnection::cut() {
    const std::scoped_lock lock(mutex_);
    for (std::uint32_t i = 0; i < log_.identity().partitions; ++i) ends_[i] = log_.end({i})->number;
    cut_ = true;
}

void MemoryConnection::join_again() {
    std::vector<ports::LogAppend> unsent;
    {
        const std::scoped_lock lock(mutex_);
        cut_ = false;
        unsent.swap(unsent_);
    }
    if (!unsent.empty()) (void)log_.append(stamped(std::move(unsent)));
    std::vector<Partition> all;
    for (std::uint32_t i = 0; i < log_.identity().partitions; ++i) all.push_back({i});
    grown(all);
}

void MemoryConnection::forget() {
    const std::scoped_lock lock(mutex_);
    cut_ = true;
    unsent_.clear();
}

void MemoryConnection::delivered(std::span<const ports::LogDelivery> deliveries) {
    std::vector<ports::LogDelivery> own;
    for (const auto& delivery : deliveries) {
        if ((delivery.token & ~token_mask) != stamp_) continue;
        own.push_back(delivery);
        own.back().token &= token_mask;
    }
    const std::scoped_lock lock(observers_mutex_);
    for (auto* observer : observers_) {
        if (!own.empty()) observer->delivered(own);
    }
}

void MemoryConnection::grown(std::span<const Partition> partitions) {
    const std::scoped_lock lock(observers_mutex_);
    for (auto* observer : observers_) observer->grown(partitions);
}

}  // namespace granary::memory
