// The memory log and its switches.
#include "platform/adapters/memory/memory_log.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/limits.hpp"

namespace granary::memory {

using ports::DeliveryOutcome;
using ports::LogDelivery;

Status MemoryLog::append(std::vector<ports::LogAppend> appends) {
    for (const auto& append : appends) {
        if (append.partition.number >= identity_.partitions) return fault(FaultCode::invalid_argument, "no such partition");
    }
    std::vector<LogDelivery> deliveries;
    const std::scoped_lock reporting(observers_mutex_);
    {
        const std::scoped_lock lock(mutex_);
        if (disk_full_) return fault(FaultCode::disk_full, "the disk is nearly full; free some space");
        if (mode_ == Mode::pumped) {
            if (waiting_.size() + appends.size() > queue_max_) return fault(FaultCode::unavailable, "too many records wait for the log; try again");
            std::ranges::move(appends, std::back_inserter(waiting_));
            return {};
        }
        for (const auto& append : appends) deliveries.push_back(store(append));
    }
    if (!deliveries.empty()) report(deliveries);
    return {};
}

LogDelivery MemoryLog::store(const ports::LogAppend& append) {
    LogDelivery delivery{append.partition, append.token, DeliveryOutcome::stored, {}, {}};
    if (append.record.size() > limits::record_bytes_max) {
        delivery.outcome = DeliveryOutcome::refused;
        delivery.fault = {FaultCode::invalid_argument, "the record is too large"};
        return delivery;
    }
    Planned plan{DeliveryOutcome::stored, true};
    if (!planned_.empty()) {
        plan = planned_.front();
        planned_.pop_front();
    }
    auto& records = records_[append.partition.number];
    const Offset offset{static_cast<std::int64_t>(records.size())};
    if (plan.stored) records.push_back(append.record);
    if (plan.stored && duplicate_ > 0) {
        --duplicate_;
        records.push_back(append.record);
    }
    delivery.outcome = plan.outcome;
    if (plan.outcome == DeliveryOutcome::stored) delivery.offset = offset;
    if (plan.outcome == DeliveryOutcome::refused) delivery.fault = {FaultCode::unavailable, "refused by the test"};
    if (plan.outcome == DeliveryOutcome::unknown) delivery.fault = {FaultCode::timed_out, "the outcome is unknown"};
    return delivery;
}

void MemoryLog::report(const std::vector<LogDelivery>& deliveries) {
    std::set<Partition> partitions;
    for (const auto& delivery : deliveries) partitions.insert(delivery.partition);
    const std::vector<Partition> grown(partitions.begin(), partitions.end());
    for (auto* observer : observers_) {
        observer->delivered(deliveries);
        observer->grown(grown);
    }
}

std::size_t MemoryLog::pump(std::size_t count) {
    std::vector<LogDelivery> deliveries;
    const std::scoped_lock reporting(observers_mutex_);
    {
        const std::scoped_lock lock(mutex_);
        while (deliveries.size() < count && !waiting_.empty()) {
            deliveries.push_back(store(waiting_.front()));
            waiting_.pop_front();
        }
    }
    if (!deliveries.empty()) report(deliveries);
    return deliveries.size();
}

std::size_t MemoryLog::waiting() const {
    const std::scoped_lock lock(mutex_);
    return waiting_.size();
}

Result<ports::LogPage> MemoryLog::read(Partition partition, Offset from, std::size_t bytes_max) {
    if (partition.number >= identity_.partitions || from.number < 0) return fault(FaultCode::invalid_argument, "no such partition or offset");
    const std::scoped_lock lock(mutex_);
    const auto& records = records_[partition.number];
    const auto end = static_cast<std::int64_t>(records.size());
    if (from.number > end) {
        return fault(FaultCode::corrupt, "partition " + std::to_string(partition.number) + " ends at offset " + std::to_string(end) + ", before " + std::to_string(from.number));
    }
    ports::LogPage page{{}, from, {end}};
    std::size_t bytes = 0;
    while (page.next.number < end && page.records.size() < limits::log_read_records_max && (page.records.empty() || bytes < bytes_max)) {
        const auto& record = records[static_cast<std::size_t>(page.next.number)];
        bytes += record.size();
        page.records.push_back({page.next, record});
        page.next = page.next.next();
    }
    records_read_ += page.records.size();
    return page;
}

Result<Offset> MemoryLog::end(Partition partition) {
    if (partition.number >= identity_.partitions) return fault(FaultCode::invalid_argument, "no such partition");
    const std::scoped_lock lock(mutex_);
    if (end_hidden_) return fault(FaultCode::unavailable, "nobody says where the log ends");
    return Offset{static_cast<std::int64_t>(records_[partition.number].size())};
}

void MemoryLog::hide_end(bool hidden) {
    const std::scoped_lock lock(mutex_);
    end_hidden_ = hidden;
}

Offset MemoryLog::heard_end(Partition partition) const {
    if (partition.number >= identity_.partitions) return {0};
    const std::scoped_lock lock(mutex_);
    return {static_cast<std::int64_t>(records_[partition.number].size())};
}

void MemoryLog::observe(ports::LogObserver& observer) {
    const std::scoped_lock lock(observers_mutex_);
    observers_.push_back(&observer);
}

void MemoryLog::stop_observing(ports::LogObserver& observer) {
    const std::scoped_lock lock(observers_mutex_);
    std::erase(observers_, &observer);
}

void MemoryLog::answer_next(DeliveryOutcome outcome, bool stored) {
    const std::scoped_lock lock(mutex_);
    planned_.push_back({outcome, stored});
}

void MemoryLog::duplicate_next() {
    const std::scoped_lock lock(mutex_);
    ++duplicate_;
}

Offset MemoryLog::inject(Partition partition, std::string record) {
    Offset offset;
    {
        const std::scoped_lock lock(mutex_);
        auto& records = records_.at(partition.number);
        offset = {static_cast<std::int64_t>(records.size())};
        records.emplace_back(std::move(record));
    }
    const std::scoped_lock lock(observers_mutex_);
    for (auto* observer : observers_) observer->grown(std::span(&partition, 1));
    return offset;
}

void MemoryLog::truncate(Partition partition, Offset from) {
    const std::scoped_lock lock(mutex_);
    auto& records = records_.at(partition.number);
    GRANARY_CHECK(from.number >= 0 && from.number <= static_cast<std::int64_t>(records.size()));
    records.resize(static_cast<std::size_t>(from.number));
}

void MemoryLog::flip_bit(Partition partition, Offset offset, std::size_t byte, unsigned bit) {
    const std::scoped_lock lock(mutex_);
    auto& record = records_.at(partition.number).at(static_cast<std::size_t>(offset.number));
    std::string bytes(record.view());
    bytes.at(byte) = static_cast<char>(static_cast<unsigned char>(bytes.at(byte)) ^ (1U << bit));
    record = SharedBytes(std::move(bytes));
}

void MemoryLog::set_queue_max(std::size_t records) {
    const std::scoped_lock lock(mutex_);
    queue_max_ = records;
}

void MemoryLog::set_disk_full(bool full) {
    const std::scoped_lock lock(mutex_);
    disk_full_ = full;
}

std::size_t MemoryLog::records_read() const {
    const std::scoped_lock lock(mutex_);
    return records_read_;
}

}  // namespace granary::memory
