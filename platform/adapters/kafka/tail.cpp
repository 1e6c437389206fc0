// One deque per partition, and one over all that says which record is oldest.
#include "platform/adapters/kafka/tail.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/limits.hpp"

namespace granary::kafka {
namespace {

constexpr std::size_t record_overhead_bytes = 96;

}  // namespace

std::size_t cost_of(const SharedBytes& record) { return record.size() + record_overhead_bytes; }

Tail::Place Tail::place(Partition partition) const {
    const std::scoped_lock lock(mutex_);
    const auto& one = tails_[partition.number];
    return {{one.first()}, {one.end}, {one.known_end}};
}

void Tail::start_at(Partition partition, Offset from) {
    const std::scoped_lock lock(mutex_);
    auto& one = tails_[partition.number];
    for (const auto& record : one.records) bytes_ -= cost_of(record);
    one.records.clear();
    std::erase(order_, partition.number);
    one.end = from.number;
    one.known_end = std::max(one.known_end, from.number);
}

Tail::Added Tail::add(Partition partition, Offset offset, const SharedBytes& record) {
    const std::scoped_lock lock(mutex_);
    auto& one = tails_[partition.number];
    one.known_end = std::max(one.known_end, offset.number + 1);
    if (offset.number > one.end) return Added::ahead;
    if (offset.number < one.first()) return Added::gone;
    if (offset.number < one.end) {
        const auto& kept = one.records[static_cast<std::size_t>(offset.number - one.first())];
        return kept.view() == record.view() ? Added::there : Added::another;
    }
    one.records.push_back(record);
    ++one.end;
    order_.push_back(partition.number);
    bytes_ += cost_of(record);
    trim();
    grown_.notify_all();
    return Added::kept;
}

// A partition's last record stays however old it is: its place in the order is given up, and it leaves with its successor's.
void Tail::trim() {
    std::size_t looked_at = 0;
    while (bytes_ > bytes_max_ && looked_at < order_.size()) {
        const std::uint32_t oldest = order_.front();
        order_.pop_front();
        auto& one = tails_[oldest];
        if (one.records.size() <= 1) {
            order_.push_back(oldest);
            ++looked_at;
            continue;
        }
        bytes_ -= cost_of(one.records.front());
        one.records.pop_front();
    }
}

void Tail::reaches(Partition partition, Offset end) {
    const std::scoped_lock lock(mutex_);
    auto& one = tails_[partition.number];
    one.known_end = std::max(one.known_end, end.number);
}

std::optional<SharedBytes> Tail::last(Partition partition) const {
    const std::scoped_lock lock(mutex_);
    const auto& one = tails_[partition.number];
    if (one.records.empty()) return std::nullopt;
    return one.records.back();
}

void Tail::doubt(Partition partition, Doubt what) {
    const std::scoped_lock lock(mutex_);
    auto& one = tails_[partition.number];
    one.doubt = std::max(one.doubt, what);
    ++one.doubts;
}

void Tail::doubt_all(Doubt what) {
    for (std::uint32_t number = 0; number < tails_.size(); ++number) doubt({number}, what);
}

std::vector<Tail::Doubted> Tail::doubted() const {
    const std::scoped_lock lock(mutex_);
    std::vector<Doubted> found;
    for (std::uint32_t number = 0; number < tails_.size(); ++number) {
        const auto& one = tails_[number];
        if (one.doubt != Doubt::none && !one.condemned) found.push_back({{number}, one.doubt, one.doubts});
    }
    return found;
}

void Tail::settle(const Doubted& doubted) {
    const std::scoped_lock lock(mutex_);
    auto& one = tails_[doubted.partition.number];
    if (one.doubts == doubted.number) one.doubt = Doubt::none;
    grown_.notify_all();
}

void Tail::condemn(Partition partition, Fault why) {
    const std::scoped_lock lock(mutex_);
    auto& one = tails_[partition.number];
    if (!one.condemned) one.condemned = std::move(why);
    grown_.notify_all();
}

bool Tail::condemned(Partition partition) const {
    const std::scoped_lock lock(mutex_);
    return tails_[partition.number].condemned.has_value();
}

Result<Tail::Answer> Tail::read(Partition partition, Offset from, std::size_t bytes_max, Duration patience, ports::LogPage& page) {
    std::unique_lock lock(mutex_);
    auto& one = tails_[partition.number];
    const auto on_its_way = [&] { return !one.condemned && from.number >= one.end && from.number < one.known_end; };
    if (on_its_way()) grown_.wait_for(lock, std::chrono::microseconds(patience.us), [&] { return !on_its_way(); });
    if (one.condemned) return std::unexpected(*one.condemned);
    page.end = {one.end};
    if (from.number < one.first()) return Answer::older;
    if (from.number < one.end) {
        fill(one, from, bytes_max, page);
        return Answer::page;
    }
    if (one.doubt != Doubt::none) return fault(FaultCode::unavailable, "the end of partition " + std::to_string(partition.number) + " is being made sure of");
    if (on_its_way()) return fault(FaultCode::unavailable, "a record of partition " + std::to_string(partition.number) + " does not come from its broker");
    page.next = from;
    return from.number == one.end ? Answer::page : Answer::beyond;
}

void Tail::fill(const One& one, Offset from, std::size_t bytes_max, ports::LogPage& page) {
    std::size_t bytes = 0;
    for (page.next = from; page.next < page.end; page.next = page.next.next()) {
        if (page.records.size() >= limits::log_read_records_max || (!page.records.empty() && bytes >= bytes_max)) break;
        const auto& record = one.records[static_cast<std::size_t>(page.next.number - one.first())];
        bytes += record.size();
        page.records.push_back({page.next, record});
    }
}

bool Tail::wait_until_level(Duration patience) {
    std::unique_lock lock(mutex_);
    const auto level = [](const One& one) { return one.end >= one.known_end || one.condemned; };
    return grown_.wait_for(lock, std::chrono::microseconds(patience.us), [&] { return std::ranges::all_of(tails_, level); });
}

}  // namespace granary::kafka
