// Proofs as text that stands for itself: that one record is in a partition (c2sp.org/tlog-proof), and that one checkpoint goes on
// where another ended (docs/proofs.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"

namespace granary::proofs {

// A record of the largest size in base64, a path, and a note.
inline constexpr std::size_t proof_bytes_max = 16 * 1024 * 1024;

struct InclusionProof {
    // The leaf's data (proofs/merkle.hpp) and, unless it is withheld, the record behind it.
    std::string extra;
    std::uint64_t index = 0;  // of the leaf: how many records count before this one in its partition
    std::vector<Digest> path;
    std::string checkpoint;   // a signed note
};

std::string text_of(const InclusionProof& proof);
// corrupt: another form. Nothing is checked but the form.
Result<InclusionProof> parse_inclusion_proof(std::string_view text);

struct ConsistencyProof {
    std::vector<Digest> hashes;
    std::string older;  // signed notes
    std::string newer;
};

std::string text_of(const ConsistencyProof& proof);
Result<ConsistencyProof> parse_consistency_proof(std::string_view text);

bool looks_like_inclusion_proof(std::string_view text);
bool looks_like_consistency_proof(std::string_view text);

}  // namespace granary::proofs
