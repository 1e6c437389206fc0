// The Merkle trees of a log's partitions, made by reading it: what checkpoints are signed over and proofs are taken from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/result.hpp"
#include "platform/host/chain_reader.hpp"
#include "platform/ports/log.hpp"
#include "proofs/checkpoint.hpp"
#include "proofs/merkle.hpp"

namespace granary::cli {

// Called with records read so far, from any thread, one call at a time.
using ReadProgress = std::function<void(std::uint64_t records)>;

// Not thread-safe. The log must outlive it.
class LogTrees {
  public:
    explicit LogTrees(ports::Log& log);

    // These were true of the log once: `grow` looks whether they still are, all of them. To be called before the first `grow`, any number of times.
    // invalid_argument: one is of another log, or of another number of partitions.
    Status expect(const std::vector<proofs::Checkpoint>& older);

    // Reads on to the ends that the log has now, `parallelism` partitions at once, and checks the chain on the way. corrupt,
    // halted: damage, or the log no longer holds what was expected, named with its partition; nothing may be signed then.
    Status grow(unsigned parallelism, const ReadProgress& progress);

    // One for each partition, in order.
    std::vector<proofs::Checkpoint> checkpoints() const;

  private:
    struct Part {
        std::optional<ChainReader> reader;
        proofs::Tree tree;
        std::vector<proofs::Checkpoint> expected;
        Status status;
    };
    Status grow_part(Partition partition, const std::function<void(std::uint64_t)>& count);
    proofs::Checkpoint checkpoint_of(Partition partition) const;

    ports::Log& log_;
    std::vector<Part> parts_;
};

// Leaves of one partition in order, with the records; false ends the walk. Up to the end that the log has now. An annulled record is a
// leaf as well: what follows extends it, and whether it can be read depends on who reads.
using LeafVisitor = std::function<bool(const ScannedRecord& record, const Digest& leaf)>;
Status walk_leaves(ports::Log& log, Partition partition, const LeafVisitor& visit);

struct ProvenRecord {
    std::uint64_t index = 0;
    std::vector<Digest> path;
    Digest hash;         // of the record
    SharedBytes record;
};

// The proof that the record at `position` is in the tree of `checkpoint`, whose partition it is. not_found: nothing that counts
// stands at that offset; invalid_argument: it is younger than the checkpoint; corrupt: the log is not what the checkpoint says.
Result<ProvenRecord> prove_record(ports::Log& log, Offset offset, const proofs::Checkpoint& checkpoint);

// The hashes that prove that `newer` goes on where `older` ended. corrupt: the log is not what one of them says.
Result<std::vector<Digest>> prove_consistency(ports::Log& log, const proofs::Checkpoint& older, const proofs::Checkpoint& newer);

}  // namespace granary::cli
