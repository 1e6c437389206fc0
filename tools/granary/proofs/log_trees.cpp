// Each partition is walked once for its tree and, for a proof, once more for the hashes beside the path.
#include "tools/granary/proofs/log_trees.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "core/limits.hpp"

namespace granary::cli {
namespace {

using proofs::Checkpoint;

constexpr std::uint64_t report_every = 1024;

std::unexpected<Fault> not_what_was_signed(const Checkpoint& checkpoint, const std::string& why) {
    return fault(FaultCode::corrupt, "partition " + std::to_string(checkpoint.origin.partition.number) + " is not what the checkpoint of " + std::to_string(checkpoint.size) + " records says: " + why);
}

// Looks at the tree when it has reached the checkpoint's size.
Status compare(const proofs::Tree& tree, const Checkpoint& checkpoint) {
    if (tree.size() != checkpoint.size || tree.root() == checkpoint.root) return {};
    return not_what_was_signed(checkpoint, "its records, or their order, were changed since");
}

Status check_reached(const proofs::Tree& tree, const Checkpoint& checkpoint) {
    if (tree.size() >= checkpoint.size) return {};
    return not_what_was_signed(checkpoint, "it has only " + std::to_string(tree.size()) + " now");
}

// Gives `gather` the first leaves of the partition, as many as the checkpoint has, and checks that they are its leaves.
Status walk_checked(ports::Log& log, const Checkpoint& checkpoint, const std::function<void(const ScannedRecord&, const Digest& leaf)>& gather) {
    proofs::Tree tree;
    if (checkpoint.size > 0) {
        auto walked = walk_leaves(log, checkpoint.origin.partition, [&](const ScannedRecord& record, const Digest& leaf) {
            tree.add(leaf);
            gather(record, leaf);
            return tree.size() < checkpoint.size;
        });
        if (!walked) return walked;
    }
    if (auto reached = check_reached(tree, checkpoint); !reached) return reached;
    return compare(tree, checkpoint);
}

}  // namespace

LogTrees::LogTrees(ports::Log& log) : log_(log), parts_(log.identity().partitions) {}

Status LogTrees::expect(const std::vector<Checkpoint>& older) {
    for (const auto& checkpoint : older) {
        const proofs::Origin here{log_.identity().id, log_.identity().partitions, checkpoint.origin.partition};
        if (checkpoint.origin != here) return fault(FaultCode::invalid_argument, "the checkpoint is of " + text_of(checkpoint.origin) + ", this log's partitions are named like " + text_of(here));
        parts_[checkpoint.origin.partition.number].expected.push_back(checkpoint);
    }
    return {};
}

Status LogTrees::grow(unsigned parallelism, const ReadProgress& progress) {
    std::mutex progress_mutex;
    std::atomic<std::uint64_t> done{0};
    const std::function<void(std::uint64_t)> count = [&](std::uint64_t records) {
        const auto now = done += records;
        if (!progress || now / report_every == (now - records) / report_every) return;
        const std::scoped_lock lock(progress_mutex);
        progress(now);
    };
    std::atomic<std::uint32_t> next{0};
    const auto work = [&] {
        for (auto number = next++; number < parts_.size(); number = next++) parts_[number].status = grow_part({number}, count);
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::min<std::size_t>(parallelism, parts_.size()); ++i) threads.emplace_back(work);
    work();
    for (auto& thread : threads) thread.join();
    for (const auto& part : parts_) {
        if (!part.status) return part.status;
    }
    return {};
}

Status LogTrees::grow_part(Partition partition, const std::function<void(std::uint64_t)>& count) {
    auto& part = parts_[partition.number];
    if (!part.reader) {
        auto opened = ChainReader::open(log_, partition, std::nullopt);
        if (!opened) return std::unexpected(std::move(opened.error()));
        part.reader.emplace(std::move(*opened));
    }
    const auto end = log_.end(partition);
    if (!end) return std::unexpected(end.error());
    while (part.reader->next() < *end) {
        std::uint64_t leaves = 0;
        const auto shown = part.reader->scan(*end, limits::log_read_bytes_max, {}, [&](const ScannedRecord& record) -> Result<bool> {
            if (record.verdict != chain::Verdict::accepted) return true;
            ++leaves;
            part.tree.add(proofs::leaf_hash(record.position.offset, record.hash));
            for (const auto& expected : part.expected) {
                if (auto same = compare(part.tree, expected); !same) return std::unexpected(std::move(same.error()));
            }
            return true;
        });
        if (!shown) return std::unexpected(shown.error());
        if (*shown == 0) break;
        count(leaves);
    }
    const auto stray = part.reader->first_stray();
    if (!stray) return std::unexpected(stray.error());
    if (*stray && log_.stores_prefixes()) return fault(FaultCode::corrupt, text_of(Position{partition, **stray}) + " extends a record that was never written: `granary log verify` says more");
    for (const auto& expected : part.expected) {
        if (auto reached = check_reached(part.tree, expected); !reached) return reached;
    }
    return {};
}

Checkpoint LogTrees::checkpoint_of(Partition partition) const {
    const auto& tree = parts_[partition.number].tree;
    return {{log_.identity().id, log_.identity().partitions, partition}, tree.size(), tree.root()};
}

std::vector<Checkpoint> LogTrees::checkpoints() const {
    std::vector<Checkpoint> all;
    for (std::uint32_t number = 0; number < parts_.size(); ++number) all.push_back(checkpoint_of({number}));
    return all;
}

Status walk_leaves(ports::Log& log, Partition partition, const LeafVisitor& visit) {
    const auto end = log.end(partition);
    if (!end) return std::unexpected(end.error());
    auto reader = ChainReader::open(log, partition, std::nullopt);
    if (!reader) return std::unexpected(std::move(reader.error()));
    bool wanted = true;
    while (wanted && reader->next() < *end) {
        const auto shown = reader->scan(*end, limits::log_read_bytes_max, {}, [&](const ScannedRecord& record) -> Result<bool> {
            if (record.verdict != chain::Verdict::accepted) return true;
            return wanted = visit(record, proofs::leaf_hash(record.position.offset, record.hash));
        });
        if (!shown) return std::unexpected(shown.error());
        if (*shown == 0) break;
    }
    return {};
}

Result<ProvenRecord> prove_record(ports::Log& log, Offset offset, const Checkpoint& checkpoint) {
    ProvenRecord proven;
    bool found = false;
    std::uint64_t index = 0;
    auto walked = walk_leaves(log, checkpoint.origin.partition, [&](const ScannedRecord& record, const Digest&) {
        if (record.position.offset < offset) {
            ++index;
            return true;
        }
        found = record.position.offset == offset;
        if (found) proven = {index, {}, record.hash, SharedBytes(std::string(record.bytes))};
        return false;
    });
    if (!walked) return std::unexpected(std::move(walked.error()));
    const std::string position = text_of(Position{checkpoint.origin.partition, offset});
    if (!found) return fault(FaultCode::not_found, "no record that counts stands at " + position);
    if (index >= checkpoint.size) return fault(FaultCode::invalid_argument, "the record at " + position + " is younger than the checkpoint: make a new one with `granary proof checkpoint`");
    proofs::RangeRoots beside(proofs::inclusion_ranges(index, checkpoint.size));
    walked = walk_checked(log, checkpoint, [&](const ScannedRecord&, const Digest& leaf) { beside.add(leaf); });
    if (!walked) return std::unexpected(std::move(walked.error()));
    proven.path = beside.roots();
    return proven;
}

Result<std::vector<Digest>> prove_consistency(ports::Log& log, const Checkpoint& older, const Checkpoint& newer) {
    if (older.size > newer.size) return not_what_was_signed(older, "the newer checkpoint has only " + std::to_string(newer.size) + " records");
    proofs::Tree old_tree;
    std::vector<proofs::LeafRange> ranges;
    if (older.size > 0) ranges = proofs::consistency_ranges(older.size, newer.size);
    proofs::RangeRoots roots(ranges);
    auto walked = walk_checked(log, newer, [&](const ScannedRecord&, const Digest& leaf) {
        if (old_tree.size() < older.size) old_tree.add(leaf);
        roots.add(leaf);
    });
    if (!walked) return std::unexpected(std::move(walked.error()));
    if (auto same = compare(old_tree, older); !same) return std::unexpected(std::move(same.error()));
    return roots.roots();
}

}  // namespace granary::cli
