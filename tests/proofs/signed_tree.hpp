// A partition's tree over records that chain to each other, with its key: what an honest log, or a lying one, would show.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/chain.hpp"
#include "proofs/checkpoint.hpp"
#include "proofs/merkle.hpp"
#include "proofs/note.hpp"
#include "proofs/proof_text.hpp"

namespace granary::tests {

inline constexpr Uuid some_log{7, 11};

inline proofs::SigningKey key_of(Uuid log) {
    proofs::SigningKey key{proofs::key_name_of(log), {}};
    key.seed[0] = static_cast<unsigned char>(log.lo);
    return key;
}

class SignedTree {
  public:
    // Offsets leave a gap behind every third record, as void records do. `body_of` says what a record holds.
    explicit SignedTree(std::uint64_t size, Uuid log = some_log, const std::function<std::string(std::uint64_t)>& body_of = plain_body) : log_(log) {
        Digest head = chain::genesis(log, partition);
        for (std::uint64_t n = 0; n < size; ++n) {
            records_.push_back(chain::make_record(head, body_of(n)));
            head = sha256(records_.back());
        }
    }

    static inline constexpr Partition partition{1};
    static inline constexpr std::uint32_t partitions = 2;
    static std::string plain_body(std::uint64_t n) { return "record " + std::to_string(n); }

    proofs::SigningKey key() const { return key_of(log_); }
    std::uint64_t size() const { return records_.size(); }
    const std::string& record(std::uint64_t index) const { return records_[index]; }
    Offset offset(std::uint64_t index) const { return {static_cast<std::int64_t>(index + index / 3)}; }
    Digest leaf(std::uint64_t index) const { return proofs::leaf_hash(offset(index), sha256(records_[index])); }

    proofs::Checkpoint checkpoint(std::uint64_t size) const {
        proofs::Tree tree;
        for (std::uint64_t n = 0; n < size; ++n) tree.add(leaf(n));
        return {{log_, partitions, partition}, size, tree.root()};
    }
    std::string note(std::uint64_t size) const { return sign_note(text_of(checkpoint(size)), key()); }

    // Of the whole tree.
    proofs::InclusionProof inclusion(std::uint64_t index) const {
        return {proofs::leaf_data(offset(index), sha256(records_[index])) + records_[index], index, roots(proofs::inclusion_ranges(index, size())), note(size())};
    }
    proofs::ConsistencyProof consistency(std::uint64_t old_size) const { return {roots(proofs::consistency_ranges(old_size, size())), note(old_size), note(size())}; }

    // A file of checkpoints: this partition, and an empty one in front of it.
    std::string file(std::uint64_t size) const {
        const proofs::Checkpoint empty{{log_, partitions, {0}}, 0, sha256("")};
        return sign_note(text_of(empty), key()) + "\n" + note(size);
    }

  private:
    std::vector<Digest> roots(const std::vector<proofs::LeafRange>& ranges) const {
        proofs::RangeRoots roots(ranges);
        for (std::uint64_t n = 0; n < size(); ++n) roots.add(leaf(n));
        return roots.roots();
    }

    const Uuid log_;
    std::vector<std::string> records_;
};

}  // namespace granary::tests
