// The Merkle tree over one partition's records that count, in their order (RFC 6962, section 2): what a checkpoint commits to.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/digest.hpp"
#include "core/position.hpp"

namespace granary::proofs {

// A path in a tree of 2^63 leaves.
inline constexpr std::size_t path_hashes_max = 63;

// What a leaf stands for: the offset (8 bytes, big-endian) and the SHA-256 of the record. So a proof can show that a record is
// in the log without showing the record.
inline constexpr std::size_t leaf_data_bytes = 40;
std::string leaf_data(Offset offset, const Digest& record);
// SHA-256 of 0x00 and the leaf's data.
Digest leaf_hash(Offset offset, const Digest& record);
// SHA-256 of 0x01 and both.
Digest node_hash(const Digest& left, const Digest& right);

// The tree as it grows; holds one hash per bit of its size.
class Tree {
  public:
    void add(const Digest& leaf);
    std::uint64_t size() const { return size_; }
    // Of an empty tree, the SHA-256 of nothing.
    Digest root() const;

  private:
    std::vector<Digest> peaks_;  // roots of the perfect subtrees, the largest first
    std::uint64_t size_ = 0;
};

// Leaves `begin` to `end` (past the last), whose root is one hash of a proof.
struct LeafRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool operator==(const LeafRange&) const = default;
};

// Whose roots make the proof, in the proof's order; the ranges don't overlap. index < size; 0 < old_size <= size.
std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size);
std::vector<LeafRange> consistency_ranges(std::uint64_t old_size, std::uint64_t size);

// Gathers the roots of some ranges while the leaves go by once: a proof costs one walk and little memory.
class RangeRoots {
  public:
    explicit RangeRoots(const std::vector<LeafRange>& ranges);
    // The next leaf, from the first on.
    void add(const Digest& leaf);
    // In the order of the ranges; all leaves of all ranges must have gone by.
    std::vector<Digest> roots() const;

  private:
    struct Gathered {
        LeafRange range;
        Tree tree;
    };
    std::vector<Gathered> ranges_;
    std::vector<std::size_t> by_begin_;
    std::size_t at_ = 0;
    std::uint64_t seen_ = 0;
};

// Whether the leaf stands at `index` of the tree (RFC 9162, 2.1.3.2).
bool includes(const Digest& root, std::uint64_t size, std::uint64_t index, const Digest& leaf, const std::vector<Digest>& path);

// Whether the tree goes on where the old one ended: every leaf of the old one is still there, unchanged (RFC 9162, 2.1.4.2).
// A tree of nothing is extended by any.
bool extends(const Digest& old_root, std::uint64_t old_size, const Digest& root, std::uint64_t size, const std::vector<Digest>& proof);

}  // namespace granary::proofs
