// One page of the log at a time; what is wanted and lies in it costs nothing more.
#include "platform/host/stored_commits.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/chain.hpp"

namespace granary {
namespace {

std::unexpected<Fault> no_commit(Partition partition, Offset offset) {
    return fault(FaultCode::corrupt, "there is no sound commit at position " + text_of(Position{partition, offset}) + ", where a view has seen one; verify the log");
}

Result<Commit> commit_in(Partition partition, const ports::LogRecord& record) {
    const auto bytes = record.bytes.view();
    if (!chain::parse_header(bytes)) return no_commit(partition, record.offset);
    auto entry = decode_body(chain::body_of(bytes));
    if (!entry) return std::unexpected(std::move(entry.error()));
    auto* commit = std::get_if<Commit>(&*entry);
    if (commit == nullptr) return no_commit(partition, record.offset);
    return std::move(*commit);
}

}  // namespace

Result<std::vector<Commit>> StoredCommits::at(Partition partition, std::span<const Offset> offsets) {
    std::vector<Commit> commits;
    commits.reserve(offsets.size());
    ports::LogPage page;
    for (const Offset offset : offsets) {
        auto found = std::ranges::lower_bound(page.records, offset, {}, &ports::LogRecord::offset);
        if (found == page.records.end()) {
            auto read = log_.read(partition, offset, read_bytes_);
            if (!read) return std::unexpected(std::move(read.error()));
            page = std::move(*read);
            found = page.records.begin();
        }
        if (found == page.records.end() || found->offset != offset) return no_commit(partition, offset);
        auto commit = commit_in(partition, *found);
        if (!commit) return std::unexpected(std::move(commit.error()));
        commits.push_back(std::move(*commit));
    }
    return commits;
}

}  // namespace granary
