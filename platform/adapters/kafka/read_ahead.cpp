// A list in order of use: there are so few stretches that looking at each costs nothing beside a fetch.
#include "platform/adapters/kafka/read_ahead.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "platform/adapters/kafka/tail.hpp"

namespace granary::kafka {

std::vector<ports::LogRecord> page_of(const std::vector<ports::LogRecord>& stretch, std::size_t begin, std::size_t bytes_max) {
    std::vector<ports::LogRecord> page;
    std::size_t bytes = 0;
    for (std::size_t i = begin; i < stretch.size() && page.size() < limits::log_read_records_max && (page.empty() || bytes < bytes_max); ++i) {
        bytes += stretch[i].bytes.size();
        page.push_back(stretch[i]);
    }
    return page;
}

std::vector<ports::LogRecord> ReadAhead::page(Partition partition, Offset from, std::size_t bytes_max) {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find_if(stretches_, [&](const Stretch& stretch) { return stretch.holds(partition, from); });
    if (found == stretches_.end()) return {};
    auto page = page_of(found->records, static_cast<std::size_t>(from.number - found->records.front().offset.number), bytes_max);
    if (page.back().offset == found->records.back().offset) {
        bytes_ -= found->bytes;
        stretches_.erase(found);
    } else {
        stretches_.splice(stretches_.end(), stretches_, found);
    }
    return page;
}

void ReadAhead::keep(Partition partition, std::vector<ports::LogRecord> stretch) {
    if (stretch.empty()) return;
    std::size_t bytes = 0;
    for (const auto& record : stretch) bytes += cost_of(record.bytes);
    const std::scoped_lock lock(mutex_);
    stretches_.push_back({partition, std::move(stretch), bytes});
    bytes_ += bytes;
    while (bytes_ > bytes_max_) {
        bytes_ -= stretches_.front().bytes;
        stretches_.pop_front();
    }
}

}  // namespace granary::kafka
