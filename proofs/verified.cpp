// Form, then signature, then identity, then hashes: whatever comes first that is wrong is named.
#include "proofs/verified.hpp"

#include <algorithm>
#include <optional>

#include "core/limits.hpp"
#include "proofs/merkle.hpp"

namespace granary::proofs {
namespace {

constexpr std::string_view proof_begin = "granary/consistency-proof@v1\n";

std::unexpected<Fault> wrong(const std::string& why) { return fault(FaultCode::corrupt, why); }

// Partition by partition, each once: what `origin_of` gives of each.
template <class Item, class OriginOf>
Status check_complete(const std::vector<Item>& items, OriginOf origin_of) {
    if (items.empty()) return wrong("there is nothing in it");
    Origin expected = origin_of(items.front());
    for (std::uint32_t number = 0; number < items.size(); ++number) {
        expected.partition = {number};
        if (origin_of(items[number]) != expected) return wrong("in place of " + text_of(expected) + " stands " + text_of(origin_of(items[number])));
    }
    if (items.size() == expected.partitions) return {};
    return wrong("of " + std::to_string(expected.partitions) + " partitions there are only " + std::to_string(items.size()));
}

Offset offset_of(std::string_view leaf) {
    std::uint64_t value = 0;
    for (const char byte : leaf.substr(0, 8)) value = value << 8 | static_cast<unsigned char>(byte);
    return {static_cast<std::int64_t>(value)};
}

Digest digest_of(std::string_view leaf) {
    Digest digest;
    std::ranges::copy(leaf.substr(8, digest.bytes.size()), digest.bytes.begin());
    return digest;
}

Result<Checkpoint> verified_note(std::string_view bytes, const VerifierKey& key) {
    const auto note = parse_note(bytes);
    if (!note) return std::unexpected(note.error());
    return verified_checkpoint(*note, key);
}

}  // namespace

Result<Checkpoint> verified_checkpoint(const Note& note, const VerifierKey& key) {
    auto checkpoint = parse_checkpoint(note.text);
    if (!checkpoint) return checkpoint;
    if (key_name_of(checkpoint->origin.log) != key.name) return wrong("the checkpoint is of " + text_of(checkpoint->origin) + ", and the key is that of " + key.name);
    if (!note.signed_by(key)) return wrong("the checkpoint of " + text_of(checkpoint->origin) + " is not signed with the key " + text_of(key));
    return checkpoint;
}

Result<std::vector<Checkpoint>> verified_checkpoints(std::string_view file, const VerifierKey& key) {
    const auto notes = parse_notes(file, limits::partitions_max);
    if (!notes) return std::unexpected(notes.error());
    std::vector<Checkpoint> checkpoints;
    for (const auto& note : *notes) {
        auto checkpoint = verified_checkpoint(note, key);
        if (!checkpoint) return std::unexpected(std::move(checkpoint.error()));
        checkpoints.push_back(*checkpoint);
    }
    if (auto complete = check_complete(checkpoints, [](const auto& each) { return each.origin; }); !complete) return std::unexpected(std::move(complete.error()));
    return checkpoints;
}

Result<ProvenInclusion> verified_inclusion(const InclusionProof& proof, const VerifierKey& key) {
    const auto checkpoint = verified_note(proof.checkpoint, key);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    const std::string_view extra = proof.extra;
    if (extra.size() < leaf_data_bytes) return wrong("the proof does not say of which record it is");
    ProvenInclusion proven{*checkpoint, {checkpoint->origin.partition, offset_of(extra)}, digest_of(extra), std::string(extra.substr(leaf_data_bytes))};
    if (proven.position.offset.number < 0) return wrong("the offset is under zero");
    if (!proven.record.empty() && sha256(proven.record) != proven.record_hash) return wrong("the record in the proof is not the one that was proven");
    if (!includes(checkpoint->root, checkpoint->size, proof.index, leaf_hash(proven.position.offset, proven.record_hash), proof.path)) {
        return wrong("the record is not in the tree of the checkpoint, or not there");
    }
    return proven;
}

Result<ProvenConsistency> verified_consistency(const ConsistencyProof& proof, const VerifierKey& key) {
    const auto older = verified_note(proof.older, key);
    if (!older) return fault(older.error().code, "the older one: " + older.error().message);
    const auto newer = verified_note(proof.newer, key);
    if (!newer) return fault(newer.error().code, "the newer one: " + newer.error().message);
    if (older->origin != newer->origin) return wrong("the checkpoints are of " + text_of(older->origin) + " and of " + text_of(newer->origin));
    if (newer->size < older->size) return wrong(text_of(newer->origin) + " was cut: it had " + std::to_string(older->size) + " records and has " + std::to_string(newer->size));
    if (!extends(older->root, older->size, newer->root, newer->size, proof.hashes)) return wrong(text_of(newer->origin) + ": the newer history does not go on where the older one ended");
    return ProvenConsistency{*older, *newer};
}

Result<std::vector<ProvenConsistency>> verified_consistencies(std::string_view file, const VerifierKey& key) {
    std::vector<ProvenConsistency> all;
    while (!file.empty()) {
        if (all.size() == limits::partitions_max) return wrong("there are more proofs than a log can have partitions");
        const auto next = file.find("\n" + std::string(proof_begin), 1);
        const auto end = next == std::string_view::npos ? file.size() : next;
        auto proof = parse_consistency_proof(file.substr(0, end));
        if (!proof) return std::unexpected(std::move(proof.error()));
        auto proven = verified_consistency(*proof, key);
        if (!proven) return std::unexpected(std::move(proven.error()));
        all.push_back(std::move(*proven));
        file.remove_prefix(std::min(file.size(), end + 1));
    }
    if (auto complete = check_complete(all, [](const auto& each) { return each.newer.origin; }); !complete) return std::unexpected(std::move(complete.error()));
    return all;
}

}  // namespace granary::proofs
