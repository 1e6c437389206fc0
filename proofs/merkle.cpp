// Trees and proofs as RFC 6962 and RFC 9162 define them.
#include "proofs/merkle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <string>

#include "core/check.hpp"

namespace granary::proofs {
namespace {

std::uint64_t left_size(std::uint64_t size) { return std::bit_floor(size - 1); }

void add_consistency(LeafRange tree, std::uint64_t old_end, bool old_is_known, std::vector<LeafRange>& out) {
    if (old_end == tree.end) {
        if (!old_is_known) out.push_back(tree);
        return;
    }
    const std::uint64_t middle = tree.begin + left_size(tree.end - tree.begin);
    if (old_end <= middle) {
        add_consistency({tree.begin, middle}, old_end, old_is_known, out);
        out.push_back({middle, tree.end});
    } else {
        add_consistency({middle, tree.end}, old_end, false, out);
        out.push_back({tree.begin, middle});
    }
}

// Where two walks from a leaf to the root stand: `leaf` on the way of the leaf in question, `last` on that of the last one.
struct Ascent {
    std::uint64_t leaf;
    std::uint64_t last;

    bool from_right() const { return (leaf & 1) == 1 || leaf == last; }
    // Levels at which a subtree has no sibling are passed over.
    void skip_lone() {
        while (leaf != 0 && (leaf & 1) == 0) rise();
    }
    void rise() {
        leaf >>= 1;
        last >>= 1;
    }
};

}  // namespace

std::string leaf_data(Offset offset, const Digest& record) {
    std::string data;
    for (int shift = 56; shift >= 0; shift -= 8) data += static_cast<char>(static_cast<std::uint64_t>(offset.number) >> shift & 0xFF);
    return data.append(record.view());
}

Digest leaf_hash(Offset offset, const Digest& record) { return sha256(leaf_data(offset, record).insert(0, 1, '\0')); }

Digest node_hash(const Digest& left, const Digest& right) {
    std::array<char, 65> bytes{1};
    std::memcpy(bytes.data() + 1, left.bytes.data(), left.bytes.size());
    std::memcpy(bytes.data() + 33, right.bytes.data(), right.bytes.size());
    return sha256({bytes.data(), bytes.size()});
}

void Tree::add(const Digest& leaf) {
    Digest root = leaf;
    for (std::uint64_t bits = size_; (bits & 1) == 1; bits >>= 1) {
        root = node_hash(peaks_.back(), root);
        peaks_.pop_back();
    }
    peaks_.push_back(root);
    ++size_;
}

Digest Tree::root() const {
    if (peaks_.empty()) return sha256("");
    Digest root = peaks_.back();
    for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) root = node_hash(*peak, root);
    return root;
}

std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size) {
    GRANARY_CHECK(index < size);
    std::vector<LeafRange> ranges;
    for (LeafRange tree{0, size}; tree.end - tree.begin > 1;) {
        const std::uint64_t middle = tree.begin + left_size(tree.end - tree.begin);
        if (index < middle) {
            ranges.push_back({middle, tree.end});
            tree.end = middle;
        } else {
            ranges.push_back({tree.begin, middle});
            tree.begin = middle;
        }
    }
    std::ranges::reverse(ranges);  // from the leaf upwards
    return ranges;
}

std::vector<LeafRange> consistency_ranges(std::uint64_t old_size, std::uint64_t size) {
    GRANARY_CHECK(old_size > 0 && old_size <= size);
    std::vector<LeafRange> ranges;
    add_consistency({0, size}, old_size, true, ranges);
    return ranges;
}

RangeRoots::RangeRoots(const std::vector<LeafRange>& ranges) : by_begin_(ranges.size()) {
    for (const auto& range : ranges) ranges_.push_back({range, {}});
    std::iota(by_begin_.begin(), by_begin_.end(), std::size_t{0});
    std::ranges::sort(by_begin_, {}, [&](std::size_t i) { return ranges_[i].range.begin; });
}

void RangeRoots::add(const Digest& leaf) {
    const std::uint64_t index = seen_++;
    while (at_ < by_begin_.size() && ranges_[by_begin_[at_]].range.end <= index) ++at_;
    if (at_ == by_begin_.size()) return;
    auto& gathered = ranges_[by_begin_[at_]];
    if (gathered.range.begin <= index) gathered.tree.add(leaf);
}

std::vector<Digest> RangeRoots::roots() const {
    std::vector<Digest> roots;
    for (const auto& gathered : ranges_) {
        GRANARY_CHECK(gathered.tree.size() == gathered.range.end - gathered.range.begin);
        roots.push_back(gathered.tree.root());
    }
    return roots;
}

bool includes(const Digest& root, std::uint64_t size, std::uint64_t index, const Digest& leaf, const std::vector<Digest>& path) {
    if (index >= size) return false;
    Ascent at{index, size - 1};
    Digest hash = leaf;
    for (const Digest& sibling : path) {
        if (at.last == 0) return false;
        if (at.from_right()) {
            hash = node_hash(sibling, hash);
            at.skip_lone();
        } else {
            hash = node_hash(hash, sibling);
        }
        at.rise();
    }
    return at.last == 0 && hash == root;
}

bool extends(const Digest& old_root, std::uint64_t old_size, const Digest& root, std::uint64_t size, const std::vector<Digest>& proof) {
    if (old_size > size) return false;
    if (old_size == size) return proof.empty() && old_root == root;
    if (old_size == 0) return proof.empty() && old_root == sha256("");
    // The old tree is a perfect subtree of the new one: then its root is where the walk begins, and the proof leaves it out.
    std::vector<Digest> hashes = proof;
    if (std::has_single_bit(old_size)) hashes.insert(hashes.begin(), old_root);
    if (hashes.empty()) return false;
    Ascent at{old_size - 1, size - 1};
    while ((at.leaf & 1) == 1) at.rise();
    Digest old_hash = hashes.front();
    Digest new_hash = hashes.front();
    for (auto sibling = hashes.begin() + 1; sibling != hashes.end(); ++sibling) {
        if (at.last == 0) return false;
        if (at.from_right()) {
            old_hash = node_hash(*sibling, old_hash);
            new_hash = node_hash(*sibling, new_hash);
            at.skip_lone();
        } else {
            new_hash = node_hash(new_hash, *sibling);
        }
        at.rise();
    }
    return at.last == 0 && old_hash == old_root && new_hash == root;
}

}  // namespace granary::proofs
