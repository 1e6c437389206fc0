// What a log that keeps its records in memory anyway does to show them.
#include "platform/ports/log.hpp"

namespace granary::ports {

Offset show(const LogPage& page, const LogVisitor& visit) {
    for (const auto& record : page.records) {
        if (!visit(record.offset, record.bytes.view())) return record.offset.next();
    }
    return page.next;
}

Result<Offset> Log::visit(Partition partition, Offset from, std::size_t bytes_max, const LogVisitor& visit) {
    const auto page = read(partition, from, bytes_max);
    if (!page) return std::unexpected(page.error());
    return show(*page, visit);
}

}  // namespace granary::ports
