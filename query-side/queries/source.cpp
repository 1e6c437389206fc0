// Waiting for what was known when the question came.
#include "query-side/queries/source.hpp"

#include <utility>

namespace granary::queries {

void fold_to_known_end(ports::Freshness& freshness, const std::vector<Partition>& partitions, Duration deadline,
                       std::function<void(bool)> ready) {
    std::vector<Position> missing;
    for (const Partition partition : partitions) {
        const auto end = freshness.known_end(partition);
        if (!end) return ready(false);
        if (*end > freshness.folded(partition)) missing.push_back({partition, *end});
    }
    if (missing.empty()) return ready(true);
    freshness.wait_for(std::move(missing), deadline, std::move(ready));
}

std::vector<Partition> all_partitions(std::uint32_t count) {
    std::vector<Partition> partitions(count);
    for (std::uint32_t i = 0; i < count; ++i) partitions[i].number = i;
    return partitions;
}

}  // namespace granary::queries
