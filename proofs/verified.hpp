// Checks checkpoints and proofs against a key, and says what they prove. Trusts nothing but the key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/position.hpp"
#include "core/result.hpp"
#include "proofs/checkpoint.hpp"
#include "proofs/note.hpp"
#include "proofs/proof_text.hpp"

namespace granary::proofs {

// corrupt: no checkpoint, of another log than the key is for, or not signed with the key.
Result<Checkpoint> verified_checkpoint(const Note& note, const VerifierKey& key);

// A file of checkpoints: one for each partition of one log, in order; none is missing.
Result<std::vector<Checkpoint>> verified_checkpoints(std::string_view file, const VerifierKey& key);

struct ProvenInclusion {
    Checkpoint checkpoint;
    Position position;
    Digest record_hash;
    std::string record;  // empty when the proof withholds it
};
Result<ProvenInclusion> verified_inclusion(const InclusionProof& proof, const VerifierKey& key);

struct ProvenConsistency {
    Checkpoint older;
    Checkpoint newer;
};
Result<ProvenConsistency> verified_consistency(const ConsistencyProof& proof, const VerifierKey& key);

// A file of consistency proofs: one for each partition of one log, in order.
Result<std::vector<ProvenConsistency>> verified_consistencies(std::string_view file, const VerifierKey& key);

}  // namespace granary::proofs
