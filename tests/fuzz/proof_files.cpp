// Fuzzes the stand-alone verifier and the reading of proofs and notes: whatever a file holds, it is refused or proven, and both
// implementations agree on which.
#include <string>

#include "core/check.hpp"
#include "proofs/verified.hpp"
#include "tests/fuzz/fuzz_input.hpp"
#include "tests/proofs/signed_tree.hpp"
#include "tools/proof_verifier/verifier.hpp"

namespace {

using namespace granary;

bool verifier_proves(const std::string& key, std::string_view file) {
    try {
        verifier::Evidence evidence(verifier::parse_key(key));
        evidence.add("file", file);
        (void)evidence.conclusion();
        return true;
    } catch (const verifier::Refused&) {
        return false;
    }
}

bool program_proves(const proofs::VerifierKey& key, std::string_view file) {
    if (proofs::looks_like_inclusion_proof(file)) {
        const auto proof = proofs::parse_inclusion_proof(file);
        return proof && proofs::verified_inclusion(*proof, key);
    }
    if (proofs::looks_like_consistency_proof(file)) return proofs::verified_consistencies(file, key).has_value();
    return proofs::verified_checkpoints(file, key).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    const auto key = tests::key_of(tests::some_log).verifier();
    // The stand-alone verifier also looks into records and asks for links, so it may refuse what the other takes; never the reverse
    // for single proofs, but for files in which it looks at less than all partitions.
    if (verifier_proves(text_of(key), file) && !proofs::looks_like_consistency_proof(file)) GRANARY_CHECK(program_proves(key, file));
    (void)program_proves(key, file);
    (void)proofs::parse_verifier_key(file);
    (void)proofs::parse_signing_key(file);
    return 0;
}
